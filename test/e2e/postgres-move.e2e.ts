import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { moveToPostgres, type MoveOptions } from '#journal/moving/move-to-postgres.ts';
import { movedTables } from '#journal/moving/tables.ts';
import { openPostgresJournal } from '#journal/postgres/open.ts';
import { delivery } from '../conformance/journal/material.ts';
import { runHeadgate } from '../cli/run-headgate.ts';
import { FaultProxy } from '../faults/fault-proxy.ts';
import { SqliteWorld } from '../journal/sqlite-world.ts';
import { makeBusy } from './postgres/busy-journal.ts';
import { pictureOf } from './postgres/picture.ts';
import { startPostgres, type PostgresServer } from './postgres/server.ts';

describe('a journal that moves from SQLite to Postgres', function () {
  this.timeout(120_000);
  let server: PostgresServer;
  let world: SqliteWorld;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.close());
  beforeEach(async () => {
    world = await SqliteWorld.open({ sinks: ['chat', 'mail'], persons: new Uint8Array(32) });
  });
  afterEach(() => world.destroy());

  const move = (to: string, more: Partial<MoveOptions> = {}) =>
    moveToPostgres({ from: world.path, to, onProgress: () => {}, signal: new AbortController().signal, ...more });

  /** How many rows there are of what a move would have written first and last. */
  const rowsIn = (database: string) =>
    server.admin('SELECT (SELECT count(*) FROM delivery)::int AS deliveries, (SELECT count(*) FROM record)::int AS records', database);

  it('answers everything as before, and goes on where it was', async () => {
    await makeBusy(world.journal);
    await world.reopen();
    const before = await pictureOf(world.journal);
    const chain = await world.journal.chainHead();
    const oldest = (await world.journal.deliveries({}, { limit: 1, cursor: null })).items[0]?.seq ?? 0;
    await world.journal.close();
    const to = server.url(await server.createDatabase());
    const report = await move(to);
    assert.equal(report.chain.fault, null);
    assert.ok(report.chain.prunedTo > 0, 'the chain begins in its middle');
    assert.deepEqual(report.chain.head, chain);
    const moved = await openPostgresJournal({ url: to, clock: new SimulatedClock(), log: silentLog, sinks: ['chat', 'mail'] });
    try {
      assert.deepEqual(await pictureOf(moved), before);
      assert.deepEqual(await moved.append(delivery(12)), { id: 'dlv_12', known: true });
      await moved.append(delivery(100));
      assert.ok(((await moved.delivery('dlv_100'))?.seq ?? 0) > oldest);
      const fence = (await moved.take('prod/GitRepository/apps/api'))?.fence;
      assert.equal(fence, 2, 'the lease of the process that ended is void, and its fence is not given again');
      await moved.note({ kind: 'started', at: 9, content: {} });
      assert.ok((await moved.chainHead()).seq > chain.seq);
    } finally {
      await moved.close();
    }
  });

  it('knows every table', async () => {
    const db = new DatabaseSync(world.path, { readOnly: true });
    const tables = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`).all();
    db.close();
    const apart = ['probe', 'record_base', 'tally'];
    assert.deepEqual(
      tables.map(({ name }) => name),
      [...movedTables.map(({ name }) => name), ...apart].toSorted(),
    );
  });

  it('is refused where something is already, or while somebody has it open, and by another version', async () => {
    await world.journal.append(delivery(1));
    await assert.rejects(move(server.url(await server.createDatabase())), { code: 'JOURNAL_IN_USE' });
    await world.journal.close();
    const database = await server.createDatabase();
    await move(server.url(database));
    await assert.rejects(move(server.url(database)), { code: 'JOURNAL_NOT_EMPTY' });
    await assert.rejects(move(server.url('no_such_database')), { code: 'JOURNAL_UNAVAILABLE' });
    await assert.rejects(move(server.url(database), { from: `${world.path}.none` }), { code: 'JOURNAL_UNREADABLE' });
    const setVersion = (version: string): void => {
      const db = new DatabaseSync(world.path);
      db.exec(`PRAGMA user_version = ${version}`);
      db.close();
    };
    setVersion('1');
    await assert.rejects(move(server.url(database)), { code: 'JOURNAL_UNREADABLE' });
    setVersion('9999');
    await assert.rejects(move(server.url(database)), { code: 'JOURNAL_NEWER' });
  });

  it('leaves nothing when it is interrupted or its connection breaks, and can be done again', async () => {
    await makeBusy(world.journal);
    await world.journal.close();
    const database = await server.createDatabase();
    const interrupted = new AbortController();
    const onProgress = (table: string): void => {
      if (table === 'decision') interrupted.abort();
    };
    await assert.rejects(move(server.url(database), { onProgress, signal: interrupted.signal }), { code: 'JOURNAL_MOVE_FAILED' });
    assert.deepEqual(await rowsIn(database), [{ deliveries: 0, records: 0 }]);
    const network = await FaultProxy.open(server.port);
    await assert.rejects(move(server.url(database, network.port), { onProgress: (table) => void (table === 'record' && network.cut()) }), {
      code: 'JOURNAL_UNAVAILABLE',
    });
    await network.close();
    assert.deepEqual(await rowsIn(database), [{ deliveries: 0, records: 0 }]);
    assert.equal((await move(server.url(database))).chain.fault, null);
  });

  it('is moved by the command, which says what it did', async () => {
    await makeBusy(world.journal);
    await world.journal.close();
    const url = server.url(await server.createDatabase());
    const config = join(world.directory, 'headgate.yaml');
    await writeFile(config, configOf('HEADGATE_POSTGRES_URL'));
    const args = ['journal', 'migrate', '--to', 'postgres', '--from', world.path, '--config', config];
    const { code, stdout, stderr } = await runHeadgate(args, { env: { HEADGATE_POSTGRES_URL: url } });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^delivery 34$/m);
    assert.match(stderr, /► record: \d+ of \d+/);
    assert.match(stderr, /✔ moved from .*; the chain of \d+ records is whole/);
    assert.ok(!stderr.includes(new URL(url).password));
    const again = await runHeadgate(args, { env: { HEADGATE_POSTGRES_URL: url } });
    assert.match(again.stderr, /JOURNAL_NOT_EMPTY/);
  });
});

function configOf(variable: string): string {
  return `apiVersion: headgate.dev/v1alpha1
kind: Config
spec:
  journal: { postgres: { url: { env: ${variable} } } }
  clusters: []
  sources: [ { name: hub, type: github, url: "https://github.com", secrets: [ { env: SECRET } ] } ]
  policies: { path: ./policies }
`;
}
