import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { mkdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { NewRecord } from '#core/ports/records.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { verifyChain } from '#journal/records/verify-chain.ts';
import { Checkpointer } from '#journal/sqlite/checkpoint.ts';
import { timed } from '#journal/commit-timer.ts';
import { commitBatch } from '#journal/sqlite/commit.ts';
import { openWriter } from '#journal/sqlite/connections.ts';
import { diskUse } from '#journal/sqlite/disk-use.ts';
import { prepareOperations, type Prepared } from '#journal/sqlite/operations/all.ts';
import { prepareDatabase, requireSqlite } from '#journal/sqlite/prepare.ts';
import type { Call } from '#journal/protocol.ts';
import { readChain } from '#journal/sqlite/read-chain.ts';
import { Writer } from '#journal/sqlite/writer.ts';

const probe: Call = { name: 'probe', request: { bytes: 10 } };
const failing: Call = { name: 'settle', request: { settlements: [{ delivery: 'dlv_none', state: 'done', reason: null }], now: 0 } };

describe('the writer of an SQLite journal', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-writer-'));
    path = join(directory, 'journal.db');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  describe('committing a batch', () => {
    let db: DatabaseSync;
    let operations: Prepared;
    beforeEach(() => {
      prepareDatabase(path, []);
      db = openWriter({ path, maxBytes: null });
      operations = prepareOperations(db, { news: false, persons: new Uint8Array(32) });
    });
    afterEach(() => db.close());

    const probes = (): unknown => db.prepare('SELECT count(*) AS n FROM probe').get()?.['n'];

    it('syncs each commit and never checkpoints inside one', () => {
      assert.equal(db.prepare('PRAGMA synchronous').get()?.['synchronous'], 2);
      assert.equal(db.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal');
      assert.equal(db.prepare('PRAGMA wal_autocheckpoint').get()?.['wal_autocheckpoint'], 0);
      assert.equal(db.prepare('PRAGMA foreign_keys').get()?.['foreign_keys'], 1);
    });

    it('undoes a failing operation alone', () => {
      const replies = commitBatch(db, operations, [probe, failing, probe]);
      assert.deepEqual(replies, [{ answer: null }, { code: null, message: 'there is no delivery dlv_none to settle' }, { answer: null }]);
      assert.equal(probes(), 2);
    });

    it('undoes everything when the disk fails in the middle, and commits the next batch', () => {
      db.exec(`PRAGMA max_page_count = ${Number(db.prepare('PRAGMA page_count').get()?.['page_count'])}`);
      const large: Call = { name: 'probe', request: { bytes: 100_000 } };
      const replies = commitBatch(db, operations, [probe, large, probe]);
      assert.deepEqual(new Set(replies.map((reply) => 'code' in reply && reply.code)), new Set(['JOURNAL_UNAVAILABLE']));
      assert.equal(probes(), 0);
      db.exec('PRAGMA max_page_count = 100000');
      assert.deepEqual(commitBatch(db, operations, [large]), [{ answer: null }]);
    });

    it('undoes everything when the COMMIT itself fails', () => {
      const held = new DatabaseSync(path);
      held.exec('BEGIN IMMEDIATE');
      db.exec('PRAGMA busy_timeout = 0');
      assert.match(JSON.stringify(commitBatch(db, operations, [probe])), /JOURNAL_UNAVAILABLE.*locked/);
      held.exec('ROLLBACK');
      held.close();
      db.exec('PRAGMA foreign_keys = ON; CREATE TABLE orphan (seq INTEGER REFERENCES delivery (seq) DEFERRABLE INITIALLY DEFERRED)');
      const orphan: Prepared = { ...operations, unprobe: () => (db.exec('INSERT INTO orphan VALUES (7)'), null) };
      const replies = commitBatch(db, orphan, [probe, { name: 'unprobe', request: null }]);
      assert.match(JSON.stringify(replies), /JOURNAL_UNAVAILABLE.*FOREIGN KEY/);
      assert.equal(db.isTransaction, false);
      assert.equal(probes(), 0);
    });

    it('goes on with the chain of records where the disk has it, whatever was rolled back before', () => {
      const note: Call = { name: 'note', request: { kind: 'started', at: 1, content: {} } };
      const full = Number(db.prepare('PRAGMA page_count').get()?.['page_count']);
      assert.equal(commitBatch(db, operations, [note, failing, note]).length, 3);
      db.exec(`PRAGMA max_page_count = ${full}`);
      commitBatch(db, operations, [note, { name: 'probe', request: { bytes: 100_000 } }]);
      db.exec('PRAGMA max_page_count = 100000');
      const broken: Prepared = {
        ...operations,
        unprobe: () => (operations.note(note.request as NewRecord), assert.fail('after the record')),
      };
      commitBatch(db, broken, [note, { name: 'unprobe', request: null }, note]);
      db.exec('DELETE FROM probe');
      const report = readChain(path, ({ base, links }) => verifyChain(base, links, []));
      assert.deepEqual([report.fault, report.records], [null, 4]);
    });

    it('checkpoints after a quiet moment, or at once when the log has grown to its cap', async () => {
      const clock = new SimulatedClock();
      const checkpointer = new Checkpointer(db, clock, assert.ifError);
      const waiting = (): number => {
        const row = db.prepare('PRAGMA wal_checkpoint(NOOP)').get();
        return Number(row?.['log']) - Number(row?.['checkpointed']);
      };
      const write = (pages: number): void => {
        commitBatch(db, operations, [{ name: 'probe', request: { bytes: pages * 4_096 } }]);
        checkpointer.afterBatch();
      };
      write(limits.journal.walIdleFrames);
      await clock.advance(limits.journal.walIdle - 1);
      assert.ok(waiting() > 0);
      await clock.advance(1);
      assert.equal(waiting(), 0);
      write(limits.journal.walFrames);
      assert.equal(waiting(), 0);
    });

    it('survives a checkpoint that fails', () => {
      let failures = 0;
      const checkpointer = new Checkpointer(db, new SimulatedClock(), () => failures++);
      commitBatch(db, operations, [{ name: 'probe', request: { bytes: limits.journal.walFrames * 4_096 } }]);
      db.setAuthorizer((_action, name, argument) => (name === 'wal_checkpoint' && argument === 'PASSIVE' ? 1 : 0));
      db.exec('CREATE TABLE invalidates_prepared_statements (x)');
      checkpointer.afterBatch();
      assert.equal(failures, 1);
      db.setAuthorizer(null);
    });
  });

  it('fails what it was given when its thread cannot work, and starts another one on the next demand', async () => {
    const below = join(directory, 'later', 'journal.db');
    const errors: string[] = [];
    const writer = new Writer(
      { path: below, maxBytes: null, news: false, persons: new Uint8Array(32) },
      { ...silentLog, error: (line) => errors.push(line) },
    );
    const both = await Promise.allSettled([writer.submit('unprobe', null), writer.submit('unprobe', null)]);
    for (const one of both) assert.equal(one.status === 'rejected' && (one.reason as { code?: string }).code, 'JOURNAL_UNAVAILABLE');
    assert.equal(errors.length, 1);
    mkdirSync(join(directory, 'later'));
    prepareDatabase(below, []);
    assert.equal(await writer.submit('probe', { bytes: 1 }), null);
    await writer.close();
    await assert.rejects(writer.submit('unprobe', null), { code: 'JOURNAL_UNAVAILABLE' });
  });

  it('tells how many operations each commit had, and that it took some time', async () => {
    prepareDatabase(path, []);
    const commits: [number, number][] = [];
    const timer = timed(systemClock, (operations, seconds) => void commits.push([operations, seconds]));
    const writer = new Writer({ path, maxBytes: null, news: false, persons: new Uint8Array(32) }, silentLog, timer);
    await writer.submit('unprobe', null);
    await Promise.all(Array.from({ length: 5 }, () => writer.submit('unprobe', null)));
    await writer.close();
    assert.deepEqual(
      commits.map(([operations]) => operations),
      [1, 5],
    );
    assert.ok(commits.every(([, seconds]) => seconds > 0 && seconds < 60));
  });

  it('tells what it takes of the disk, its log included', async () => {
    prepareDatabase(path, []);
    const writer = new Writer({ path, maxBytes: null, news: false, persons: new Uint8Array(32) }, silentLog);
    await writer.submit('probe', { bytes: 100_000 });
    const { bytes, free } = await diskUse(path);
    await writer.close();
    assert.ok(bytes > statSync(path).size && bytes >= 100_000, String(bytes));
    assert.ok(free > 0);
    await assert.rejects(diskUse(join(directory, 'nothing.db')), { code: 'ENOENT' });
  });

  it('closes when it was never used', async () => {
    await new Writer({ path, maxBytes: null, news: false, persons: new Uint8Array(32) }, silentLog).close();
  });

  it('needs an SQLite without the bug that corrupts logs', () => {
    for (const version of ['3.51.3', '3.51.10', '3.52.0', '4.0.0']) assert.doesNotThrow(() => requireSqlite(version), version);
    for (const version of ['3.51.2', '3.50.9', '3.9.99', '2.99.99'])
      assert.throws(() => requireSqlite(version), { code: 'JOURNAL_UNREADABLE' }, version);
  });
});
