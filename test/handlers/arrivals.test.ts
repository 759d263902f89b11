import assert from 'node:assert/strict';
import type { Hint, NewDelivery } from '#core/delivery.ts';
import { newId } from '#core/ids.ts';
import { FakeReadBack } from '#core/ports/fake-read-back.ts';
import { targetKey } from '#core/target.ts';
import { Arrivals } from '#handlers/arrivals.ts';
import type { DeliveryHandling } from '#handlers/delivery-handling.ts';
import { RecentChanges } from '#handlers/recent-changes.ts';
import { Flow } from './flow.ts';
import { sampleHint, sampleSource, sha, target } from './samples.ts';

describe('a delivery that arrives', () => {
  let flow: Flow;
  let idle: boolean;
  let pending: number;
  beforeEach(async () => {
    flow = await Flow.open();
    flow.clusters.put(sampleSource({ branch: 'main' }));
    idle = true;
    pending = 0;
  });
  afterEach(() => flow.close());

  function arrivals(deps: DeliveryHandling = flow.deps): Arrivals {
    return new Arrivals(deps, new RecentChanges(flow.journal), { isIdle: () => idle, onPending: () => pending++ });
  }

  function delivery(hint: Hint = sampleHint(), more: Partial<NewDelivery> = {}): NewDelivery {
    const id = newId('dlv', flow.clock);
    const how = { source: 'hub', kind: 'webhook', event: 'push', remote: '127.0.0.1', headers: {} } as const;
    return { id, deliveryId: id, receivedAt: flow.clock.now(), body: Buffer.from('{}'), reading: { hint }, ...how, ...more };
  }

  const stateOf = async (id: string) => (await flow.journal.delivery(id))?.state;

  it('is in the journal with what comes of it, when nothing else is to be handled', async () => {
    const { id, known } = await arrivals().accept(delivery());
    assert.deepEqual([known, await stateOf(id)], [false, 'done']);
    const { items } = await flow.journal.changes({ delivery: id }, { limit: 2, cursor: null });
    const story = await flow.journal.story(items[0]?.id ?? '');
    assert.deepEqual([items.length, story?.decisions[0]?.verdict, story?.reconciles[0]?.revision], [1, 'allow', sha('b')]);
    assert.deepEqual([flow.enqueued, pending], [[targetKey(target)], 0]);
  });

  it('shares one commit with them, and with the lease of its target', async () => {
    const leased: string[] = [];
    const enqueue = async ([key = '']: readonly string[]): Promise<void> => {
      void flow.journal.take(key).then((lease) => leased.push(lease?.reconcile.revision ?? 'none'));
    };
    const deps = { ...flow.deps, queue: { enqueue } };
    const before = (await flow.journal.counts()).deliveries.done;
    const { id } = await arrivals(deps).accept(delivery());
    await arrivals().settled(); // microtasks only: another commit would need a turn of the event loop
    assert.deepEqual([before, await stateOf(id), leased], [0, 'done', [sha('b')]]);
  });

  it('stays pending when something before it waits', async () => {
    idle = false;
    const { id } = await arrivals().accept(delivery());
    assert.deepEqual([await stateOf(id), flow.enqueued], ['pending', []]);
    assert.equal(pending, 1);
    await flow.handle();
    assert.deepEqual([await stateOf(id), flow.enqueued], ['done', [targetKey(target)]]);
  });

  it('stays pending when its source has to be asked', async () => {
    const asked = {
      ...flow.deps,
      adapters: new Map([...flow.deps.adapters].map(([name, hub]) => [name, { ...hub, readBack: new FakeReadBack() }])),
    };
    const { id } = await arrivals(asked).accept(delivery());
    assert.deepEqual([await stateOf(id), pending], ['pending', 1]);
  });

  it('stays pending when its body is large: the journal takes it later than what is called after it', async () => {
    const { id } = await arrivals().accept(delivery(sampleHint(), { body: Buffer.alloc(65 * 1024) }));
    assert.deepEqual([await stateOf(id), pending], ['pending', 1]);
  });

  it('stays pending while another of its ref is under way, and is judged by that one', async () => {
    const all = arrivals();
    const newer = delivery(sampleHint({ before: sha('b'), after: sha('c'), commit: sha('c') }));
    const older = delivery(sampleHint({ before: sha('a'), after: sha('b'), commit: sha('b') }));
    await Promise.all([all.accept(newer), all.accept(older)]);
    await all.settled();
    assert.deepEqual([await stateOf(newer.id), await stateOf(older.id), pending], ['done', 'pending', 1]);
    await flow.handle();
    const [late] = (await flow.journal.changes({ delivery: older.id }, { limit: 1, cursor: null })).items;
    const [head] = (await flow.journal.changes({ delivery: newer.id }, { limit: 1, cursor: null })).items;
    assert.equal(late?.lateFor, head?.id);
  });

  it('is told that it is known, and nothing comes of it a second time', async () => {
    const all = arrivals();
    const first = await all.accept(delivery(sampleHint(), { deliveryId: 'one' }));
    const second = await all.accept(delivery(sampleHint(), { deliveryId: 'one' }));
    await all.settled();
    assert.deepEqual(second, { id: first.id, known: true });
    assert.equal((await flow.journal.changes({}, { limit: 5, cursor: null })).items.length, 1);
    assert.equal(pending, 0);
    const third = await all.accept(delivery(sampleHint({ before: sha('b'), after: sha('c'), commit: sha('c') })));
    assert.equal(await stateOf(third.id), 'done');
  });

  it('leaves nothing behind when it could not be written', async () => {
    const append = (): Promise<never> => Promise.reject(new Error('no space'));
    const journal = new Proxy(flow.journal, { get: (of, name) => (name === 'append' ? append : Reflect.get(of, name)) });
    const all = arrivals({ ...flow.deps, journal });
    await assert.rejects(all.accept(delivery()), /no space/);
    await all.settled();
    assert.deepEqual((await flow.journal.changes({}, { limit: 5, cursor: null })).items, []);
    assert.deepEqual(await flow.journal.dirty(), []);
  });

  it('stays pending when it cannot be handled, and is handled later', async () => {
    let broken = true;
    const policies = () => {
      if (broken) throw new Error('a defect');
      return flow.deps.policies();
    };
    const { id } = await arrivals({ ...flow.deps, policies }).accept(delivery());
    await new Promise(setImmediate);
    assert.deepEqual([await stateOf(id), pending], ['pending', 1]);
    broken = false;
    await flow.handle();
    assert.equal(await stateOf(id), 'done');
  });

  it('is handled at once by a handler that has nothing to do, whatever came before', async () => {
    flow.deliveries.start();
    try {
      const receipts = [];
      for (const after of ['b', 'c', 'd']) {
        receipts.push(await flow.deliveries.accept(delivery(sampleHint({ after: sha(after), commit: sha(after) }))));
      }
      for (const { id } of receipts) {
        while ((await stateOf(id)) === 'pending') await new Promise(setImmediate);
        assert.equal(await stateOf(id), 'done');
      }
    } finally {
      await flow.deliveries.stop();
    }
  });
});
