import assert from 'node:assert/strict';
import type { Opened } from './journal-under-test.ts';
import { allPages, delivery, done } from './material.ts';

const never = 0;
const always = Number.MAX_SAFE_INTEGER;
const web = 'prod/GitRepository/apps/web';

export function retentionConformance(opened: Opened): void {
  describe('retention', () => {
    it('drops bodies first: the record and the claim of its delivery id stay', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      await journal.settle([done(1, [])]);
      assert.deepEqual(await journal.prune({ bodies: always, records: never }), { bodies: 1, records: 0 });
      assert.equal(await journal.body('dlv_1'), undefined);
      assert.equal((await journal.delivery('dlv_1'))?.state, 'done');
      assert.deepEqual(await journal.append(delivery(1)), { id: 'dlv_1', known: true });
    });

    it('drops records with everything that came of them', async () => {
      const { journal } = opened();
      await journal.append(delivery(1));
      await journal.settle([done(1, ['web'])]);
      const lease = await journal.take(web);
      if (lease) await journal.release(lease, { state: 'ended', outcome: 'applied' });
      assert.deepEqual(await journal.prune({ bodies: always, records: always }), { bodies: 1, records: 1 });
      assert.equal(await journal.story('chg_1'), undefined);
      assert.deepEqual(await journal.reconciles({}, allPages), { items: [], next: null });
      assert.deepEqual(await journal.decisions({}, allPages), { items: [], next: null });
      assert.deepEqual((await journal.counts()).deliveries, { pending: 0, done: 0, ignored: 0, dead: 0 });
      assert.deepEqual(await journal.append(delivery(1)), { id: 'dlv_1', known: false });
    });

    it('never gives a position twice, not even after everything was dropped', async () => {
      const { journal } = opened();
      await journal.append(delivery(1, { reading: { ignored: 'ping' } }));
      const first = await journal.delivery('dlv_1');
      await journal.prune({ bodies: always, records: always });
      await journal.append(delivery(2));
      assert.ok(((await journal.delivery('dlv_2'))?.seq ?? 0) > (first?.seq ?? 0));
    });

    it('goes by the age of each', async () => {
      const { journal } = opened();
      for (let n = 1; n <= 6; n++) await journal.append(delivery(n, { reading: { ignored: 'ping' } }));
      assert.deepEqual(await journal.prune({ bodies: 1_005, records: 1_003 }), { bodies: 4, records: 2 });
      const left = (await journal.deliveries({}, allPages)).items.map(({ id }) => id);
      assert.deepEqual(left, ['dlv_6', 'dlv_5', 'dlv_4', 'dlv_3']);
      assert.equal(await journal.body('dlv_4'), undefined);
      assert.notEqual(await journal.body('dlv_5'), undefined);
    });

    it('never touches what is pending, queued, observed or owed', async () => {
      const { journal } = opened();
      for (let n = 1; n <= 4; n++) await journal.append(delivery(n));
      await journal.settle([done(2, ['api']), done(3, ['web']), done(4, [], { owed: ['prod'] })]);
      const lease = await journal.take(web);
      if (lease) await journal.release(lease, { state: 'observing' });
      assert.deepEqual(await journal.prune({ bodies: always, records: always }), { bodies: 0, records: 0 });
      assert.equal((await journal.deliveries({}, allPages)).items.length, 4);
      await journal.observe('rec_3_web', { state: 'ended', outcome: 'applied' });
      assert.deepEqual(await journal.prune({ bodies: always, records: always }), { bodies: 1, records: 1 });
    });

    it('finds what is old behind much that must stay, and lets appends through meanwhile', async () => {
      const { journal } = opened();
      const ns = Array.from({ length: 1_500 }, (_, n) => n);
      await Promise.all(ns.map((n) => journal.append(delivery(n, n < 700 ? {} : { reading: { ignored: 'ping' } }))));
      const order: string[] = [];
      const pruning = journal.prune({ bodies: always, records: always }).then((removed) => (order.push('pruned'), removed));
      await journal.append(delivery(2_000)).then(() => order.push('appended'));
      assert.deepEqual(await pruning, { bodies: 800, records: 800 });
      assert.deepEqual(order, ['appended', 'pruned']);
    });
  });
}
