import assert from 'node:assert/strict';
import { configMap, readBacks, REPOSITORY, startForgeWorld, type ForgeWorld } from './forge-world.ts';

for (const by of readBacks) {
  describe(`a server that reads back by ${by}`, function () {
    this.timeout(60_000);
    let world: ForgeWorld;
    afterEach(() => world.stop());

    it('deploys a push that no webhook told of', async () => {
      world = await startForgeWorld({ by, sweep: '1s' });
      world.github.setWebhook(undefined);
      const { after } = await world.github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap('second') } });
      assert.ok(after);
      await world.applied(after);
      const { change, delivery } = await world.storyOf(after);
      assert.deepEqual([delivery.kind, change.confirmed, change.readBack?.by, change.readBack?.standing], ['sweep', true, by, 'head']);
    });

    it('confirms what a webhook told of, with what came along', async () => {
      world = await startForgeWorld({ by });
      const { before, after } = await world.github.push({
        repository: REPOSITORY,
        files: { 'deploy/webapp.yaml': configMap('second'), 'README.md': 'x' },
      });
      assert.ok(after);
      await world.applied(after);
      const { change } = await world.storyOf(after);
      assert.equal(change.confirmed, true);
      const { base, commits, files, firstFiles, lacked } = change.readBack?.range ?? assert.fail('no range');
      assert.deepEqual([base, commits, files, firstFiles], [before, 1, 2, ['README.md', 'deploy/webapp.yaml']]);
      assert.deepEqual(lacked.includes('reviews'), by === 'git', 'git knows no reviews, and says so');
    });

    it('does not ask Flux when nothing changed that the target declares', async () => {
      world = await startForgeWorld({ by });
      const { after } = await world.github.push({ repository: REPOSITORY, files: { 'README.md': 'only words' } });
      assert.ok(after);
      const { reconciles } = await world.storyOf(after, (story) => story.reconciles[0]?.state === 'ended');
      assert.deepEqual([reconciles[0]?.outcome, reconciles[0]?.reason], ['skipped', 'paths']);
    });
  });
}
