import assert from 'node:assert/strict';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { moveToPostgres } from '#journal/moving/move-to-postgres.ts';
import { postgresArchive } from '#journal/postgres/archive.ts';
import { loadPostgres } from '#journal/postgres/connections.ts';
import { intakeReads } from '#journal/postgres/intake-reads.ts';
import { outboxReads } from '#journal/postgres/outbox-reads.ts';
import { openReader } from '#journal/postgres/reader.ts';
import { recordReads } from '#journal/postgres/record-reads.ts';
import { upkeepReads } from '#journal/postgres/upkeep-reads.ts';
import { workReads } from '#journal/postgres/work-reads.ts';
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

  it('answers everything as before', async () => {
    await makeBusy(world.journal);
    await world.reopen();
    const before = await pictureOf(world.journal);
    await world.journal.close();
    const to = server.url(await server.createDatabase());
    const report = await moveToPostgres({ from: world.path, to, onProgress: () => {}, signal: new AbortController().signal });
    assert.equal(report.chain.fault, null);
    const reader = openReader(await loadPostgres(), to);
    try {
      const clock = new SimulatedClock();
      const after = await pictureOf({
        ...postgresArchive(reader, clock),
        ...intakeReads(reader, () => 0),
        ...workReads(reader),
        ...outboxReads(reader),
        ...recordReads(reader),
        ...upkeepReads(reader),
      });
      assert.deepEqual(after, before);
    } finally {
      await reader.close();
    }
  });
});
