import assert from 'node:assert/strict';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { archiveQueries } from '#journal/sqlite/archive.ts';
import { broughtQueries } from '#journal/sqlite/brought.ts';
import { intakeQueries } from '#journal/sqlite/intake.ts';
import { lineageQueries } from '#journal/sqlite/lineage.ts';
import { migrations } from '#journal/sqlite/migrations.ts';
import { outboxQueries } from '#journal/sqlite/outbox.ts';
import { ListQueries } from '#journal/list-queries.ts';
import { recordQueries } from '#journal/sqlite/records.ts';
import { storyQueries } from '#journal/sqlite/stories.ts';
import { upkeepQueries } from '#journal/sqlite/upkeep.ts';
import { workQueries } from '#journal/sqlite/work.ts';

const span = { from: 1_000, to: 3_000 };

describe('the query plans of an SQLite journal', () => {
  let db: DatabaseSync;
  beforeEach(() => {
    db = new DatabaseSync(':memory:');
    for (const migration of migrations) db.exec(migration);
  });
  afterEach(() => db.close());

  const plan = (sql: string, parameters: readonly unknown[] = []): string => {
    const rows = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...(parameters as SQLInputValue[]));
    return rows.map((row) => String(row['detail'])).join('\n');
  };

  /** A search of an index or of a range of positions, never a walk through a table. */
  const assertSearch = (sql: string, parameters: readonly unknown[] = []): string => {
    const detail = plan(sql, parameters);
    assert.doesNotMatch(detail, /SCAN (delivery|change|decision|reconcile|body|lease|news|record|brought)\b/, `${sql}\n${detail}`);
    assert.match(detail, /SEARCH/, `${sql}\n${detail}`);
    return detail;
  };

  it('would show a walk through a table', () => {
    assert.match(plan('SELECT * FROM delivery WHERE event = ?', ['x']), /SCAN delivery/);
    db.exec(`DROP INDEX delivery_pending; CREATE INDEX trap ON delivery (state, seq) WHERE state < 'q'`);
    assert.match(plan(`SELECT * FROM delivery WHERE state < 'q' ORDER BY seq LIMIT 100`), /SCAN delivery/);
  });

  const queries = { ...intakeQueries, ...workQueries, ...broughtQueries, ...lineageQueries, ...outboxQueries, ...recordQueries };
  for (const [name, sql] of Object.entries(queries)) {
    it(`search for ${name}`, () => {
      const places = Array.from(sql.matchAll(/\?(\d*)/g), ([, number], index) => Number(number) || index + 1);
      assertSearch(sql, Array(Math.max(0, ...places)).fill(1));
    });
  }

  it('read what is pending in the order of its index, without sorting', () => {
    assert.doesNotMatch(assertSearch(intakeQueries.pending, [0, 100]), /TEMP B-TREE/);
    assert.doesNotMatch(assertSearch(intakeQueries.pendingOf, ['hub', 0, 100]), /TEMP B-TREE/);
  });

  it('read the newest changes of a ref in the order of an index, without sorting', () => {
    assert.doesNotMatch(assertSearch(archiveQueries.changesOfRef, ['org/app', 'refs/heads/main', 'hub', 32]), /TEMP B-TREE/);
  });

  it('search for stories and single things', () => {
    for (const sql of Object.values(storyQueries)) assertSearch(sql, ['x']);
  });

  it('count without reading tables', () => {
    const { tally, pendingBySource, ...counted } = upkeepQueries;
    for (const query of Object.values(counted)) assert.match(assertSearch(query), /USING COVERING INDEX/);
    assert.equal(plan(tally), 'SCAN tally');
    assert.match(assertSearch(pendingBySource), /USING COVERING INDEX delivery_pending/);
  });

  it('search for lists, whatever the filter', () => {
    const lists = new ListQueries('sqlite');
    const filters = {
      deliveries: [
        {},
        { source: 's' },
        { event: 'e' },
        { repository: 'r' },
        { since: 1 },
        { since: 1, until: 2 },
        { state: 'done' as const },
      ],
      changes: [{}, { source: 's' }, { repository: 'r', ref: 'f', source: 's' }, { revision: 'abcd' }, { delivery: 'd' }, { since: 1 }],
      decisions: [{}, { change: 'c' }, { target: 't' }, { verdict: 'deny' as const }, { since: 1 }],
      reconciles: [{}, { change: 'c' }, { target: 't' }, { state: 'ended' as const }, { outcome: 'failed' as const }, { since: 1 }],
    };
    const queries = [
      ...filters.deliveries.map((filter) => lists.deliveries(filter, span, 50)),
      ...filters.changes.map((filter) => lists.changes(filter, span, 50)),
      ...filters.decisions.map((filter) => lists.decisions(filter, span, 50)),
      ...filters.reconciles.map((filter) => lists.reconciles(filter, span, 50)),
    ];
    for (const { sql, parameters } of queries) assertSearch(sql, parameters);
  });

  it('use the index of what a list is filtered by', () => {
    const lists = new ListQueries('sqlite');
    const used = ({ sql, parameters }: { sql: string; parameters: readonly unknown[] }) => assertSearch(sql, parameters);
    assert.match(used(lists.deliveries({ deliveryId: 'd' }, span, 50)), /USING INDEX sqlite_autoindex_delivery_2 \(delivery_id=\?/);
    assert.match(used(lists.deliveries({ replayOf: 'd' }, span, 50)), /COVERING INDEX sqlite_autoindex_delivery_2 \(delivery_id>/);
    assert.match(used(lists.deliveries({ state: 'pending' }, span, 50)), /delivery_pending/);
    assert.match(used(lists.deliveries({ state: 'dead' }, span, 50)), /delivery_dead/);
    assert.match(
      used(lists.changes({ repository: 'r', ref: 'f', source: 's' }, span, 50)),
      /change_ref \(repository=\? AND ref=\? AND source=\? AND rowid/,
    );
    assert.match(used(lists.changes({ revision: 'abcd' }, span, 50)), /change_after[^]*change_revision/);
    assert.match(used(lists.decisions({ target: 't' }, span, 50)), /decision_target/);
    assert.match(used(lists.reconciles({ target: 't', outcome: 'failed' }, span, 50)), /reconcile_target/);
    assert.match(used(lists.reconciles({ state: 'queued' }, span, 50)), /reconcile/);
  });
});
