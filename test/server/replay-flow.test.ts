import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Delivery } from '#core/delivery.ts';
import type { Story } from '#core/ports/journal.ts';
import { configMap, readBacks, REPOSITORY, startForgeWorld, type ForgeWorld } from './forge-world.ts';

for (const by of readBacks) {
  describe(`replaying on a server that reads back by ${by}`, function () {
    this.timeout(120_000);
    let world: ForgeWorld;
    beforeEach(async () => {
      world = await startForgeWorld({ by, allowed: false });
    });
    afterEach(() => world.stop());

    /** @returns the commit and our id of the delivery, once it is settled */
    const push = async (text: string): Promise<{ readonly commit: string; readonly id: string }> => {
      const { after, delivery } = await world.github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap(text) } });
      const { id } = await world.settled(delivery?.id ?? assert.fail('no webhook was made'));
      return { commit: after ?? '', id };
    };
    /** Lets main deploy, and waits until that is in force. */
    const allow = async (): Promise<void> => {
      const file = join(world.directory, 'policies/apps.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace('refs/heads/release', 'refs/heads/main'));
      const asked = ['explain', '--repo', REPOSITORY, '--ref', 'refs/heads/main', '--paths', 'deploy/webapp.yaml'];
      while ((await world.headgate(asked)).code !== 0) await new Promise((resolve) => setTimeout(resolve, 100));
    };
    const deliveries = async () => (await world.get<{ readonly items: readonly Delivery[] }>('/v1/deliveries')).items;
    /** What came of a replay, by what it replays. */
    const replayed = async (replayOf: string): Promise<Story> => {
      const [replay] = (await world.get<{ readonly items: readonly Delivery[] }>(`/v1/deliveries?replayOf=${replayOf}`)).items;
      const [change] = (await world.get<{ readonly items: readonly { readonly id: string }[] }>(`/v1/changes?delivery=${replay?.id}`))
        .items;
      return world.get<Story>(`/v1/changes/${change?.id}`);
    };

    it('deploys the newest of what policy denied, once it is allowed, and nothing of what the ref has left behind', async () => {
      const older = await push('older');
      const newest = await push('newest');
      await allow();
      const before = await deliveries();
      const range = ['replay', '--since', '1h', '--repository', REPOSITORY];
      const dry = await world.headgate([...range, '--dry-run']);
      assert.equal(dry.code, 0, dry.stdout + dry.stderr);
      assert.match(dry.stdout, /GitRepository\/webapp in apps: late[^]*GitRepository\/webapp in apps: would move/);
      assert.deepEqual(await deliveries(), before, 'a dry run writes nothing');

      const { code, stdout, stderr } = await world.headgate([...range, '--wait', '60s']);
      assert.equal(code, 0, stdout + stderr);
      await world.applied(newest.commit);
      const [past, story] = [await replayed(older.id), await replayed(newest.id)];
      assert.deepEqual([past.change.readBack?.standing, past.candidates[0]?.reason, past.reconciles], ['behind', 'late', []]);
      assert.deepEqual([story.change.confirmed, story.delivery.kind, story.reconciles[0]?.outcome], [true, 'replay', 'applied']);
    });

    it('denies again what is denied still', async () => {
      const { id } = await push('denied');
      const { code, stderr } = await world.headgate(['replay', id, '--wait', '60s']);
      assert.deepEqual([code, /✗ denied/.test(stderr)], [1, true], stderr);
      assert.equal((await replayed(id)).decisions[0]?.verdict, 'deny');
    });

    it('believes the source at once that what was pushed long ago is no longer there', async () => {
      const thrown = await push('thrown away');
      await world.github.push({ repository: REPOSITORY, files: { README: 'instead' }, onto: world.first });
      await allow();
      const { code, stdout, stderr } = await world.headgate(['replay', thrown.id, '--wait', '60s']);
      assert.equal(code, 0, stdout + stderr);
      const { change, delivery, reconciles } = await replayed(thrown.id);
      assert.deepEqual([change.readBack?.standing, delivery.attempts, reconciles], ['off', 0, []]);
    });
  });
}
