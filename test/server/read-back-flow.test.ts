import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
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

describe('a server whose source does not answer', function () {
  this.timeout(60_000);
  let world: ForgeWorld;
  afterEach(() => world.stop());

  it('stops without waiting for it, and keeps what it was at', async () => {
    world = await startForgeWorld({ by: 'api' });
    const { rest } = world.github;
    rest.forget();
    rest.faults.next({ kind: 'hang' }, { count: 1_000 });
    await world.github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap('second') } });
    while (rest.requests().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await world.server.close();
    const journal = new DatabaseSync(join(world.directory, 'data', 'headgate.db'), { readOnly: true });
    const rows = journal.prepare("SELECT state, reason FROM delivery WHERE kind = 'webhook'").all();
    journal.close();
    assert.equal(rows.length, 1);
    assert.equal(rows[0]?.['state'], 'pending');
    assert.match(String(rows[0]['reason']), /the server stops/);
  });
});
