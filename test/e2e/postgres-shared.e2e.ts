import assert from 'node:assert/strict';
import { limits } from '#core/limits.ts';
import type { Journal } from '#core/ports/journal.ts';
import { targetKey } from '#core/target.ts';
import { allPages, delivery, done, targetOf } from '../conformance/journal/material.ts';
import { PostgresWorld } from './postgres/postgres-world.ts';
import { startPostgres, type PostgresServer } from './postgres/server.ts';

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);
const key = (name: string): string => targetKey(targetOf(name));

/** What several processes do to one journal at once. That the chain of records is whole is looked at when each world is destroyed. */
describe('a journal in Postgres that two processes have open', function () {
  this.timeout(120_000);
  let server: PostgresServer;
  let template: string;
  let world: PostgresWorld;
  let one: Journal;
  let other: Journal;

  before(async () => {
    server = await startPostgres(['fsync=off', 'full_page_writes=off']); // what a crash leaves is tested elsewhere
    const empty = await PostgresWorld.open(server, undefined, { sinks: ['chat'] });
    template = empty.database;
    await empty.journal.close();
    await empty.network.close();
  });
  after(() => server?.close());
  beforeEach(async () => {
    world = await PostgresWorld.open(server, template, { sinks: ['chat'] });
    one = world.journal;
    other = await world.another();
  });
  afterEach(async () => {
    await other.close();
    await world.destroy();
  });

  it('has a delivery once that both take at the same moment, and tells both its id', async () => {
    for (const n of numbers(50)) {
      const [first, second] = await Promise.all([
        one.append(delivery(n, { id: `dlv_${n}_a` })),
        other.append(delivery(n, { id: `dlv_${n}_b` })),
      ]);
      assert.equal(first.id, second.id);
      assert.equal(first.known, !second.known);
    }
    assert.equal((await one.deliveries({}, allPages)).items.length, 50);
  });

  it('has no two wait for each other in a circle, whatever the order in which they come', async () => {
    const rounds = numbers(20).map((round) => numbers(20).map((n) => delivery(round * 100 + n)));
    for (const all of rounds)
      await Promise.all([...all.map((each) => one.append(each)), ...all.toReversed().map((each) => other.append(each))]);
    assert.equal((await one.deliveries({}, allPages)).items.length, 400);
  });

  it('gives records one order, and loses none', async () => {
    const note = (journal: Journal, by: string) => (n: number) => journal.note({ kind: 'started', at: n, content: { process: by, n } });
    await Promise.all([...numbers(100).map(note(one, 'one')), ...numbers(100).map(note(other, 'other'))]);
    const { items } = await other.records({}, allPages);
    assert.deepEqual(
      items.map(({ record }) => record.seq),
      numbers(200).toReversed(),
    );
    for (const by of ['one', 'other']) {
      const own = items.filter(({ record }) => record['process'] === by).map(({ record }) => record['n']);
      assert.deepEqual(own, numbers(100).toReversed(), 'the calls of one process keep their order');
    }
  });

  it('lets no note for a sink slip past one that reads meanwhile', async () => {
    for (const n of numbers(60)) await one.append(delivery(n));
    const heard: string[] = [];
    let settling = true;
    const hear = async (): Promise<void> => {
      for (let more = true; more; ) {
        const last = !settling;
        const notes = await one.untold('chat', 100);
        heard.push(...notes.map(({ change }) => change));
        const newest = notes.at(-1);
        if (newest) await one.told('chat', newest.seq);
        more = !last || notes.length > 0;
      }
    };
    const hearing = hear();
    const settle = (journal: Journal, n: number) => journal.settle([done(n, [`app-${n}`])]);
    await Promise.all(numbers(60).map((n) => settle(n % 2 === 0 ? one : other, n)));
    settling = false;
    await hearing;
    assert.deepEqual(
      heard.toSorted(),
      numbers(60)
        .map((n) => `chg_${n}`)
        .toSorted(),
    );
  });

  it('leases a target to one of them, and to the other when that gives it back', async () => {
    await one.append(delivery(1));
    await one.settle([done(1, ['app'])]);
    const [first, second] = await Promise.allSettled([one.take(key('app')), other.take(key('app'))]);
    const won = [first, second].flatMap((result) => (result.status === 'fulfilled' && result.value ? [result.value] : []));
    const refused = [first, second].flatMap((result) => (result.status === 'rejected' ? [(result.reason as { code?: string }).code] : []));
    assert.deepEqual([won.length, refused], [1, ['TARGET_LEASED']]);
    const [lease] = won;
    assert.ok(lease);
    const [holder, loser] = first.status === 'fulfilled' ? [one, other] : [other, one];
    assert.equal(await holder.release(lease, {}), true);
    const next = await loser.take(key('app'));
    assert.equal(next?.fence, lease.fence + 1);
    assert.equal(await holder.release(lease, { state: 'observing' }), false, 'whoever gave it back writes nothing more');
  });

  it('fences off a process that stood still for longer than its lease', async () => {
    await one.append(delivery(1));
    await one.settle([done(1, ['app'])]);
    const late = await one.take(key('app'));
    assert.ok(late);
    await world.elapse(world.leaseMs + 1);
    const next = await other.take(key('app'));
    assert.ok(next);
    assert.equal(await one.release(late, { state: 'observing' }), false);
    assert.equal(await other.release(next, { state: 'observing' }), true);
  });

  it('offers each target to one of them, and to the other when that has not taken it up', async () => {
    const names = numbers(40).map((n) => `app-${n}`);
    await one.append(delivery(1));
    await one.settle([done(1, names)]);
    const [mine, theirs] = await Promise.all([one.dirty(), other.dirty()]);
    assert.deepEqual(
      mine.filter((target) => theirs.includes(target)),
      [],
    );
    await world.elapse(limits.postgres.offer + 1);
    assert.deepEqual((await other.dirty()).toSorted(), names.map(key).toSorted(), 'an offer that nobody took up is made again');
  });

  it('lets nobody in who refers to people by another key', async () => {
    const [own, strange] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const third = await world.another({ persons: own });
    await third.close();
    await assert.rejects(world.another({ persons: strange }), { code: 'JOURNAL_KEY_OTHER' });
    const fourth = await world.another({ persons: own });
    await fourth.close();
  });

  it('is led by one of them, until that gives it up or is not heard of any more', async () => {
    assert.deepEqual((await Promise.all([one.lead(), other.lead()])).filter(Boolean), [true]);
    await Promise.all([one.resign(), other.resign()]);
    assert.equal(await one.lead(), true);
    assert.equal(await other.lead(), false);
    await one.resign();
    assert.equal(await other.lead(), true);
    assert.equal(await one.lead(), false);
    await world.elapse(limits.lead.lease + 1);
    assert.equal(await one.lead(), true);
  });

  it('refuses what a process writes as a leader when another has taken its place', async () => {
    for (const n of [1, 2]) await one.append(delivery(n));
    assert.equal(await one.lead(), true);
    await one.settle([done(1, ['app'])]);
    await world.elapse(limits.lead.lease + 1);
    assert.equal(await other.lead(), true);
    await assert.rejects(one.settle([done(2, ['app'])]), { code: 'NOT_LEADING' });
    assert.equal((await one.delivery('dlv_2'))?.state, 'pending');
    await other.settle([done(2, ['app'])]);
    assert.equal((await one.delivery('dlv_2'))?.state, 'done');
    const lease = await one.take(key('app'));
    assert.equal(lease?.reconcile.change, 'chg_2', 'whoever does not lead works on targets all the same');
  });
});
