import assert from 'node:assert/strict';
import type { Lease } from '#core/ports/journal.ts';
import type { JournalUnderTest, Opened } from './journal-under-test.ts';
import { decision, delivery, done, sha, targetOf } from './material.ts';

const web = 'prod/GitRepository/apps/web';

/** Lets changes 1 to n in, each allowed on the target. */
async function allowed({ journal }: JournalUnderTest, ...ns: readonly number[]): Promise<void> {
  for (const n of ns) await journal.append(delivery(n));
  await journal.settle(ns.map((n) => done(n, ['web'])));
}

async function taken({ journal }: JournalUnderTest): Promise<Lease> {
  return (await journal.take(web)) ?? assert.fail('nothing was queued');
}

export function workConformance(opened: Opened): void {
  describe('leases', () => {
    it('hand out the newest queued reconcile with its change and decision, and end older ones in the same step', async () => {
      const world = opened();
      await allowed(world, 1, 2, 3);
      const lease = await taken(world);
      assert.deepEqual([lease.reconcile.id, lease.change.id, lease.decision.id, lease.superseded], ['rec_3_web', 'chg_3', 'dec_3_web', 2]);
      assert.equal(lease.fence, 1);
      const older = await world.journal.reconcile('rec_1_web');
      assert.deepEqual([older?.state, older?.outcome, older?.reason], ['ended', 'superseded', 'newer-revision']);
      assert.match(older?.message ?? '', new RegExp(`chg_3 .*${sha(3)}`));
      assert.equal(older?.steps.at(-1)?.name, 'superseded');
      assert.equal(typeof older?.endedAt, 'number');
    });

    it('see what a settlement that was called before queues, also when it was not awaited', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      const [, lease] = await Promise.all([journal.settle([done(1, ['web'])]), journal.take(web)]);
      assert.equal(lease?.reconcile.id, 'rec_1_web');
    });

    it('answer nothing when nothing is queued', async () => {
      assert.equal(await opened().journal.take(web), undefined);
    });

    it('are refused while another one lives', async () => {
      const world = opened();
      await allowed(world, 1);
      await taken(world);
      await assert.rejects(world.journal.take(web), { code: 'TARGET_LEASED' });
    });

    it('are taken over with a higher fence once they have expired, and then the old one writes nothing', async () => {
      const world = opened();
      await allowed(world, 1);
      const old = await taken(world);
      await world.elapse(world.leaseMs);
      const fresh = await taken(world);
      assert.ok(fresh.fence > old.fence);
      assert.equal(await world.journal.release(old, { state: 'ended', outcome: 'failed' }), false);
      assert.equal((await world.journal.reconcile('rec_1_web'))?.state, 'queued');
      assert.equal(await world.journal.release(fresh, { state: 'observing', token: 't' }), true);
    });

    it('last as long as they should when the wall clock jumps by an hour, forwards or back', async () => {
      const world = opened();
      await allowed(world, 1);
      await taken(world);
      for (const hours of [1, -2]) {
        world.jump(hours * 3_600_000);
        await assert.rejects(world.journal.take(web), { code: 'TARGET_LEASED' });
      }
      await world.elapse(world.leaseMs);
      assert.equal((await taken(world)).fence, 2);
    });

    it('can be given back once only, and the next one has a higher fence', async () => {
      const world = opened();
      await allowed(world, 1);
      const lease = await taken(world);
      assert.equal(await world.journal.release(lease, {}), true);
      assert.equal(await world.journal.release(lease, { state: 'ended' }), false);
      assert.equal((await taken(world)).fence, 2);
    });

    it('end with the process that held them; fences go on growing', async () => {
      const world = opened();
      await allowed(world, 1);
      const before = await taken(world);
      await world.reopen();
      const after = await taken(world);
      assert.ok(after.fence > before.fence);
      assert.equal(await world.journal.release(before, { state: 'ended' }), false);
    });

    it('are given to one of many who ask at once', async () => {
      const world = opened();
      await allowed(world, 1, 2);
      const asked = await Promise.allSettled(Array.from({ length: 10 }, () => world.journal.take(web)));
      assert.equal(asked.filter(({ status }) => status === 'fulfilled').length, 1);
    });

    it('on one target do not hinder another', async () => {
      const world = opened();
      await world.journal.append(delivery(1));
      await world.journal.settle([done(1, ['web', 'api'])]);
      assert.deepEqual(await world.journal.dirty(), [web, 'prod/GitRepository/apps/api']);
      await taken(world);
      assert.equal((await world.journal.take('prod/GitRepository/apps/api'))?.reconcile.id, 'rec_1_api');
    });

    it('leave a reconcile queued that came in meanwhile', async () => {
      const world = opened();
      await allowed(world, 1);
      const lease = await taken(world);
      await allowed(world, 2);
      await world.journal.release(lease, { state: 'observing' });
      assert.deepEqual(await world.journal.dirty(), [web]);
      assert.equal((await taken(world)).reconcile.id, 'rec_2_web');
      assert.equal((await world.journal.reconcile('rec_1_web'))?.state, 'observing');
    });
  });

  describe('progress', () => {
    it('is written field by field; absent fields stay and steps are appended', async () => {
      const world = opened();
      await allowed(world, 1);
      const lease = await taken(world);
      const steps = [{ at: 5, name: 'triggered', detail: 'asked' }] as const;
      await world.journal.release(lease, { state: 'observing', token: 'tok', asks: 1, triggeredAt: 5, steps });
      const consumers = [{ object: targetOf('k'), outcome: 'applied', reason: null, message: 'ok', revision: sha(1), at: 7 }] as const;
      assert.equal(await world.journal.observe('rec_1_web', { consumers, steps: [{ at: 7, name: 'applied', detail: 'k' }] }), true);
      const seen = await world.journal.reconcile('rec_1_web');
      assert.deepEqual(
        seen?.steps.map(({ name }) => name),
        ['queued', 'triggered', 'applied'],
      );
      assert.deepEqual([seen?.token, seen?.asks, seen?.triggeredAt, seen?.state], ['tok', 1, 5, 'observing']);
      assert.deepEqual(seen?.consumers, consumers);
    });

    it('can take a field back to null', async () => {
      const world = opened();
      await allowed(world, 1);
      await world.journal.release(await taken(world), { state: 'observing', outcome: 'failed', reason: 'build', message: 'no' });
      await world.journal.observe('rec_1_web', { outcome: null, reason: null, message: null });
      const seen = await world.journal.reconcile('rec_1_web');
      assert.deepEqual([seen?.outcome, seen?.reason, seen?.message], [null, null, null]);
    });

    it('of what has ended is refused', async () => {
      const world = opened();
      await allowed(world, 1);
      await world.journal.release(await taken(world), { state: 'observing' });
      assert.equal(await world.journal.observe('rec_1_web', { state: 'ended', outcome: 'applied', endedAt: 9 }), true);
      assert.equal(await world.journal.observe('rec_1_web', { outcome: 'failed', steps: [{ at: 1, name: 'failed', detail: '' }] }), false);
      const seen = await world.journal.reconcile('rec_1_web');
      assert.deepEqual([seen?.outcome, seen?.endedAt, seen?.steps.length], ['applied', 9, 1]);
      assert.equal(await world.journal.observe('rec_none', {}), false);
    });

    it('may bring a decision that takes the place of the first; both stay in the story', async () => {
      const world = opened();
      await allowed(world, 1);
      const decided = decision('dec_new', 'chg_1', targetOf('web'), 'deny');
      await world.journal.release(await taken(world), { state: 'ended', outcome: 'skipped', reason: 'denied', decided });
      assert.equal((await world.journal.reconcile('rec_1_web'))?.decision, 'dec_new');
      assert.deepEqual(
        (await world.journal.story('chg_1'))?.decisions.map(({ id }) => id),
        ['dec_1_web', 'dec_new'],
      );
    });
  });

  describe('what is under way', () => {
    it('is listed oldest first, of all targets or of one', async () => {
      const world = opened();
      await allowed(world, 1);
      await world.journal.release(await taken(world), { state: 'observing' });
      await world.journal.append(delivery(2));
      await world.journal.settle([done(2, ['api', 'web'])]);
      const api = await world.journal.take('prod/GitRepository/apps/api');
      if (api) await world.journal.release(api, { state: 'observing' });
      assert.deepEqual(
        (await world.journal.observing()).map(({ id }) => id),
        ['rec_1_web', 'rec_2_api'],
      );
      assert.deepEqual(
        (await world.journal.observing(web)).map(({ id }) => id),
        ['rec_1_web'],
      );
      assert.deepEqual(await world.journal.dirty(), [web]);
      const { queued, observing } = await world.journal.counts();
      assert.deepEqual([queued, observing], [1, 2]);
    });

    it('knows what is newer on a target', async () => {
      const world = opened();
      await allowed(world, 1, 2, 3);
      const first = await world.journal.reconcile('rec_1_web');
      assert.deepEqual(await world.journal.newer(web, first?.seq ?? 0), [
        { id: 'rec_2_web', change: 'chg_2', revision: sha(2) },
        { id: 'rec_3_web', change: 'chg_3', revision: sha(3) },
      ]);
    });
  });
}
