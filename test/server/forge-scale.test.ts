import assert from 'node:assert/strict';
import { History } from '../conformance/read-back/history.ts';
import { configMap, readBacks, REPOSITORY, startForgeWorld, type ForgeWorld } from './forge-world.ts';

const COMMITS = 3_000;
const FILES_EACH = 7;

for (const by of readBacks) {
  describe(`a server that reads back by ${by}, and a push of 3,000 commits with 21,000 files`, function () {
    this.timeout(300_000);
    let world: ForgeWorld;
    before(async () => {
      world = await startForgeWorld({ by });
    });
    after(() => world.stop());

    it('deploys it, says what it could not learn, and goes on with the next', async () => {
      const history = new History(world.gitDirectory);
      const specs = Array.from({ length: COMMITS }, (_, commit) => ({
        files: Object.fromEntries(Array.from({ length: FILES_EACH }, (_, file) => [`d${commit}/f${file}`, `${commit}`])),
      }));
      const made = await history.commit(
        'refs/heads/next',
        [...specs, { files: { 'deploy/webapp.yaml': configMap('large') } }],
        world.first,
      );
      const head = made.at(-1) ?? '';
      const { delivery } = await world.github.move(REPOSITORY, 'refs/heads/main', head);
      assert.equal(delivery?.status, 202);
      await world.applied(head);
      const { change, reconciles } = await world.storyOf(head, (story) => story.reconciles[0]?.outcome === 'applied');
      const { base, commits, files, firstFiles, lacked } = change.readBack?.range ?? assert.fail('no range');
      assert.deepEqual([base, commits, files, firstFiles.length], [world.first, COMMITS + 1, COMMITS * FILES_EACH + 1, 50]);
      assert.equal(reconciles[0]?.paths?.changed, 'deploy/webapp.yaml', 'the one file that is declared is found among them');
      assert.deepEqual([...lacked].sort(), by === 'api' ? ['commits', 'pulls', 'reviews'] : ['checks', 'pulls', 'reviews']);
      assert.ok((await world.page(`/changes/${change.id}`)).length < 100_000);
      const { code, stdout } = await world.headgate(['trace', head]);
      assert.equal(code, 0);
      assert.ok(stdout.length < 10_000);

      const { after } = await world.github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap('small') } });
      await world.applied(after ?? '');
    });
  });
}
