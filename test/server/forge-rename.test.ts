import assert from 'node:assert/strict';
import type { Change } from '#core/change.ts';
import { configMap, readBacks, REPOSITORY, startForgeWorld, type ForgeWorld } from './forge-world.ts';

const RENAMED = 'org/renamed';

for (const by of readBacks) {
  describe(`a server that reads back by ${by}, and a repository that gets another name`, function () {
    this.timeout(120_000);
    let world: ForgeWorld;
    beforeEach(async () => {
      world = await startForgeWorld({ by, sweep: '1s' });
    });
    afterEach(() => world.stop());

    const push = (repository: string, text: string) => world.github.push({ repository, files: { 'deploy/webapp.yaml': configMap(text) } });

    it('matches nothing under the new name, and says so', async () => {
      world.github.renameRepository(REPOSITORY, RENAMED);
      const { after, delivery } = await push(RENAMED, 'after');
      assert.match((await world.settled(delivery?.id ?? '')).reason ?? '', /no cluster has a source object with this repository/);
      const { items } = await world.get<{ readonly items: readonly Change[] }>(`/v1/changes?revision=${after}`);
      assert.equal(items.find(({ repository }) => repository === RENAMED)?.confirmed, true);
      const { stdout } = await world.headgate(['trace', delivery?.id ?? '']);
      assert.match(stdout, /No object of any cluster has the repository org\/renamed/);
    });

    if (by === 'api') {
      it('deploys what it hears of under the earlier name, which the clusters and the policies know', async () => {
        const early = await world.unheard(() => push(REPOSITORY, 'before'));
        world.github.renameRepository(REPOSITORY, RENAMED);
        await world.github.redeliver(early.id);
        await world.applied(early.commit);
        const { change } = await world.storyOf(early.commit);
        assert.deepEqual([change.repository, change.confirmed, change.readBack?.standing], [REPOSITORY, true, 'head']);
      });

      it('finds under the earlier name what webhooks tell of under the new one', async () => {
        world.github.renameRepository(REPOSITORY, RENAMED);
        const { after } = await push(RENAMED, 'after');
        await world.applied(after ?? '');
        const { change, delivery } = await world.storyOf(after ?? '', ({ reconciles }) => reconciles.length > 0);
        assert.deepEqual([change.repository, delivery.kind], [REPOSITORY, 'sweep']);
      });
    } else {
      it('keeps what it hears of under the earlier name, and says that it follows to no other address', async () => {
        const early = await world.unheard(() => push(REPOSITORY, 'before'));
        world.github.renameRepository(REPOSITORY, RENAMED);
        await world.github.redeliver(early.id);
        const { state, reason } = await world.delivery(early.id, ({ attempts }) => attempts > 0);
        assert.equal(state, 'pending');
        assert.match(reason ?? '', /^org\/app: it has moved to another address, which is not followed/);
        world.github.renameRepository(RENAMED, REPOSITORY);
        await world.applied(early.commit);
      });
    }
  });
}
