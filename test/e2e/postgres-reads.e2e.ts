import assert from 'node:assert/strict';
import type { Announcement } from '#core/announcements.ts';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { ListQueries } from '#journal/list-queries.ts';
import { openAnnouncements } from '#journal/postgres/announcements.ts';
import { archiveQueries } from '#journal/postgres/archive.ts';
import { broughtQueries } from '#journal/postgres/brought.ts';
import { loadPostgres } from '#journal/postgres/connections.ts';
import { intakeQueries } from '#journal/postgres/intake-reads.ts';
import { lineageQueries } from '#journal/postgres/lineage.ts';
import { outboxQueries } from '#journal/postgres/outbox-reads.ts';
import { openReader, type Reader } from '#journal/postgres/reader.ts';
import { chainHeadQuery, recordQueries } from '#journal/postgres/record-reads.ts';
import { knownQuery, storyQueries } from '#journal/postgres/stories.ts';
import { upkeepQueries } from '#journal/postgres/upkeep-reads.ts';
import { workQueries } from '#journal/postgres/work-reads.ts';
import { FaultProxy } from '../faults/fault-proxy.ts';
import { fillTables, growing } from './postgres/full-tables.ts';
import { PostgresWorld } from './postgres/postgres-world.ts';
import { startPostgres, type PostgresServer } from './postgres/server.ts';

const target = 'prod/GitRepository/apps/7';
const span = { from: 1_000, to: 3_000 };

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly Plan[];
}

describe('reading a journal in Postgres', function () {
  this.timeout(120_000);
  let server: PostgresServer;
  let database: string;

  before(async () => {
    server = await startPostgres();
    const world = await PostgresWorld.open(server);
    ({ database } = world);
    await world.journal.close();
    await world.network.close();
    await fillTables(server, database);
  });
  after(() => server.close());

  describe('plans', () => {
    let reader: Reader;
    before(async () => {
      reader = openReader(await loadPostgres(), server.url(database));
    });
    after(() => reader.close());

    const nodes = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

    const planOf = async (sql: string, values: readonly unknown[]): Promise<readonly Plan[]> => {
      const [row] = await reader.rows<{ 'QUERY PLAN': readonly [{ Plan: Plan }] }>(`EXPLAIN (FORMAT JSON) ${sql}`, values);
      return nodes(row?.['QUERY PLAN'][0].Plan ?? assert.fail('no plan'));
    };

    /** An index or a range of positions, never a walk through a table that grows. */
    const assertSearch = async (sql: string, values: readonly unknown[]): Promise<string> => {
      const plan = await planOf(sql, values);
      const walks = plan.filter((node) => node['Node Type'].includes('Seq Scan') && growing.has(node['Relation Name'] ?? ''));
      assert.deepEqual(walks, [], sql);
      return plan.map((node) => node['Index Name'] ?? node['Node Type']).join(' ');
    };

    it('would show a walk through a table', async () => {
      await assert.rejects(assertSearch('SELECT * FROM delivery WHERE event = $1', ['x']));
    });

    const key = ['org/7', 7, 'hub'];
    const asked: Readonly<Record<string, readonly [string, readonly unknown[]]>> = {
      pending: [intakeQueries.pending, [0, 100, 1_000]],
      pendingExcept: [intakeQueries.pendingExcept, [0, 100, 1_000, ['hub']]],
      lastAllowed: [intakeQueries.lastAllowed, [[target, 'none']]],
      countedFrom: [intakeQueries.countedFrom, [[target, 'none']]],
      owed: [intakeQueries.owed, ['lab']],
      observing: [workQueries.observing, []],
      observingTarget: [workQueries.observingTarget, [target]],
      newer: [workQueries.newer, [target, 100]],
      published: [workQueries.published, ['sha256:1']],
      broughtChange: [broughtQueries.change, ['chg_1']],
      begun: [broughtQueries.begun, key],
      ran: [broughtQueries.ran, [target, 1, ...key]],
      reverting: [broughtQueries.reverting, key],
      newest: [broughtQueries.newest, key],
      superseded: [lineageQueries.superseded, [target, 100]],
      later: [lineageQueries.later, [target, 100]],
      untold: [outboxQueries.untold, ['chat', 100]],
      backlog: [outboxQueries.backlog, []],
      record: [recordQueries.one, [1]],
      person: [recordQueries.person, ['person:1']],
      chainHead: [chainHeadQuery, []],
      known: [knownQuery, [['guid-1', 'guid-2'], 'hub']],
      changesOfRef: [archiveQueries.changesOfRef, ['org/7', 'refs/heads/7', 'hub', 50]],
    };
    for (const [name, [sql, values]] of Object.entries(asked)) it(`search for ${name}`, () => assertSearch(sql, values).then(() => {}));

    it('search for stories and single things', async () => {
      for (const sql of Object.values(storyQueries)) await assertSearch(sql, ['x']);
    });

    it('count by partial indexes', async () => {
      for (const sql of Object.values(upkeepQueries)) await assertSearch(sql, []);
    });

    it('search for lists, whatever the filter', async () => {
      const lists = new ListQueries('postgres');
      const built = [
        ...[
          {},
          { source: 's' },
          { repository: 'r' },
          { since: 1, until: 2 },
          { state: 'done' },
          { replayOf: 'd' },
          { deliveryId: 'd' },
        ].map((filter) => lists.deliveries(filter as never, span, 50)),
        ...[{}, { source: 's' }, { repository: 'r', ref: 'f' }, { revision: 'abcd' }, { delivery: 'd' }, { brought: 7 }, { since: 1 }].map(
          (filter) => lists.changes(filter, span, 50),
        ),
        ...[{}, { change: 'c' }, { target }, { verdict: 'deny' as const }, { wouldBe: 'deny' as const }].map((filter) =>
          lists.decisions(filter, span, 50),
        ),
        ...[{}, { change: 'c' }, { target }, { state: 'ended' as const }, { outcome: 'failed' as const }].map((filter) =>
          lists.reconciles(filter, span, 50),
        ),
        ...[{}, { kind: 'decided' as const }, { change: 'c', since: 1, until: 2 }].map((filter) => lists.records(filter, span, 50)),
      ];
      for (const { sql, parameters } of built) await assertSearch(sql, parameters);
    });

    it('use the indexes of revisions and of senders’ ids', async () => {
      const lists = new ListQueries('postgres');
      const used = ({ sql, parameters }: { sql: string; parameters: readonly unknown[] }) => assertSearch(sql, parameters);
      assert.match(await used(lists.changes({ revision: 'abcd' }, span, 50)), /change_after.*change_revision/);
      assert.match(await used(lists.deliveries({ replayOf: 'dlv_1' }, span, 50)), /delivery_delivery_id_source_key/);
    });
  });

  describe('trouble', () => {
    let proxy: FaultProxy;
    let reader: Reader;
    beforeEach(async () => {
      proxy = await FaultProxy.open(server.port);
      reader = openReader(await loadPostgres(), server.url(database, proxy.port));
    });
    afterEach(async () => {
      await proxy.heal();
      await reader.close();
      await proxy.close();
    });
    const ask = () => reader.rows<{ n: number }>('SELECT count(*) AS n FROM sink');

    it('that is over is not noticed', async () => {
      assert.deepEqual(await ask(), [{ n: 1 }]);
      await server.disconnect(database);
      assert.deepEqual(await ask(), [{ n: 1 }]);
      proxy.cut();
      assert.deepEqual(await ask(), [{ n: 1 }]);
      await server.kill();
      await server.start();
      assert.deepEqual(await ask(), [{ n: 1 }]);
    });

    it('that lasts is said, until it is over', async () => {
      proxy.refuse();
      await assert.rejects(ask(), { code: 'JOURNAL_UNAVAILABLE' });
      await proxy.heal();
      assert.deepEqual(await ask(), [{ n: 1 }]);
      proxy.swallow();
      await assert.rejects(ask(), { code: 'JOURNAL_UNAVAILABLE' });
      await proxy.heal();
      assert.deepEqual(await ask(), [{ n: 1 }]);
    });

    it('within a look at one moment begins that look anew', async () => {
      let looks = 0;
      const sums = await reader.snapshot(async (moment) => {
        const [first] = await moment.rows<{ n: number }>('SELECT count(*) AS n FROM news');
        if (looks++ === 0) proxy.cut();
        const [second] = await moment.rows<{ n: number }>('SELECT count(*) AS n FROM news');
        return [first?.n, second?.n];
      });
      assert.deepEqual([sums, looks], [[20_000, 20_000], 2]);
    });

    it('is not made: nothing can be written', async () => {
      await assert.rejects(reader.rows('DELETE FROM sink'), { code: '25006' });
    });
  });

  describe('announcements', () => {
    it('reach the other processes, not their own, also after the connections broke', async () => {
      const pg = await loadPostgres();
      const bridges = [1, 2].map(() => openAnnouncements(pg, server.url(database), { clock: systemClock, log: silentLog }));
      const [one, other] = bridges;
      if (!one || !other) return assert.fail();
      const own: Announcement[] = [];
      const heard = new Set<string>();
      one.subscribe((announcement) => own.push(announcement));
      other.subscribe(({ id }) => heard.add(id));
      /** What is said while nobody listens is lost, so it is said until it is heard. */
      const untilHeard = async (id: string): Promise<void> => {
        while (!heard.has(id)) {
          one.publish({ kind: 'delivery', id });
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      try {
        await untilHeard('dlv_first');
        for (let n = 0; n < 3_000; n++) one.publish({ kind: 'reconcile', id: `rec_${n}` });
        while (heard.size < 3_001) await new Promise((resolve) => setTimeout(resolve, 20));
        await server.disconnect(database);
        await untilHeard('dlv_again');
        await server.admin(`NOTIFY headgate, 'no such thing'`, database);
        await untilHeard('dlv_last');
        assert.deepEqual(own, []);
      } finally {
        for (const bridge of bridges) await bridge.close();
      }
    });
  });
});
