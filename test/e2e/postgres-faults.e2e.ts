import assert from 'node:assert/strict';
import { limits } from '#core/limits.ts';
import type { NewDelivery } from '#core/delivery.ts';
import type { Journal } from '#core/ports/journal.ts';
import { targetKey } from '#core/target.ts';
import { eventually } from '../conformance/cluster/eventually.ts';
import { allPages, delivery, done, targetOf } from '../conformance/journal/material.ts';
import { PostgresWorld } from './postgres/postgres-world.ts';
import { startPostgres, type PostgresServer } from './postgres/server.ts';

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);
const app = targetKey(targetOf('app'));

/** As a sender does: what was not taken is sent again, until it is. @returns how often it was refused */
async function insist(journal: Journal, sent: NewDelivery): Promise<number> {
  for (let refusals = 0; ; refusals++) {
    try {
      await journal.append(sent);
      return refusals;
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'JOURNAL_UNAVAILABLE');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** That the chain of records is whole and the counters right is looked at when each world is destroyed. */
describe('a journal in Postgres, when', function () {
  this.timeout(120_000);
  let server: PostgresServer;
  let template: string;
  let world: PostgresWorld;

  before(async () => {
    server = await startPostgres();
    const empty = await PostgresWorld.open(server);
    template = empty.database;
    await empty.journal.close();
    await empty.network.close();
  });
  after(() => server?.close());
  beforeEach(async () => {
    world = await PostgresWorld.open(server, template);
  });
  afterEach(() => world.destroy());

  const each = async (count: number): Promise<void> => {
    const { items } = await world.journal.deliveries({}, allPages);
    assert.deepEqual(
      items.map(({ deliveryId }) => deliveryId).toSorted(),
      numbers(count)
        .map((n) => `guid-${n}`)
        .toSorted(),
    );
  };

  it('its connections break again and again, has what it took, once, and takes the rest afterwards', async () => {
    let cutting = true;
    const cut = async (): Promise<void> => {
      while (cutting) {
        world.network.cut();
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    };
    const cutter = cut();
    const refusals = await Promise.all(numbers(200).map((n) => insist(world.journal, delivery(n))));
    cutting = false;
    await cutter;
    assert.ok(
      refusals.some((times) => times > 0),
      'nothing was ever cut in mid-transaction',
    );
    await each(200);
  });

  it('a connection breaks at the commit, does not know what came of it, and is told when it asks again', async () => {
    const trapped = world.network.cutAt({ direction: 'up', text: 'COMMIT', handOn: true });
    await assert.rejects(Promise.all([world.journal.append(delivery(1)), world.journal.note({ kind: 'started', at: 1, content: {} })]), {
      code: 'JOURNAL_UNAVAILABLE',
    });
    await trapped;
    await eventually(async () => assert.equal((await world.journal.append(delivery(1))).known, true));
    await each(1);
  });

  it('a settlement is cut off before its commit, writes nothing of it, and all of it the next time', async () => {
    await world.journal.append(delivery(1));
    const trapped = world.network.cutAt({ direction: 'up', text: 'COMMIT', handOn: false });
    await assert.rejects(world.journal.settle([done(1, ['app'])]), { code: 'JOURNAL_UNAVAILABLE' });
    await trapped;
    assert.equal((await world.journal.delivery('dlv_1'))?.state, 'pending');
    assert.equal((await world.journal.chainHead()).seq, 0);
    await world.journal.settle([done(1, ['app'])]);
    assert.equal((await world.journal.delivery('dlv_1'))?.state, 'done');
    assert.ok(await world.journal.take(app));
  });

  it('the network swallows everything, refuses in bounded time, and goes on when it is back', async () => {
    world.network.swallow();
    const refused = assert.rejects(world.journal.append(delivery(1)), { code: 'JOURNAL_UNAVAILABLE' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await world.elapse(limits.postgres.batch + 1);
    await refused;
    await world.network.heal();
    await insist(world.journal, delivery(1));
    assert.equal(await world.journal.writable(), true);
    await each(1);
  });

  it('its server is killed, refuses until that is back, and has lost nothing', async () => {
    await Promise.all(numbers(50).map((n) => world.journal.append(delivery(n))));
    await world.journal.settle([done(1, ['app'])]);
    const lease = await world.journal.take(app);
    await server.kill();
    await assert.rejects(world.journal.append(delivery(51)), { code: 'JOURNAL_UNAVAILABLE' });
    assert.equal(await world.journal.writable(), false);
    await server.start();
    await insist(world.journal, delivery(51));
    await each(51);
    assert.ok(lease);
    assert.equal(await world.journal.release(lease, { state: 'observing' }), true, 'a lease outlives the server');
  });
});
