import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Journal } from '#core/ports/journal.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { sqliteArchive } from '#journal/sqlite/archive.ts';
import { openReader } from '#journal/sqlite/connections.ts';
import { JournalDeliveryLog } from '#journal/delivery-log.ts';
import { sqliteIntake } from '#journal/sqlite/intake.ts';
import { lockJournal } from '#journal/sqlite/lock.ts';
import { sqliteOutbox } from '#journal/sqlite/outbox.ts';
import { prepareDatabase } from '#journal/sqlite/prepare.ts';
import { settlePath } from '#journal/sqlite/private-files.ts';
import { sqliteRecords } from '#journal/sqlite/records.ts';
import { sqliteUpkeep } from '#journal/sqlite/upkeep.ts';
import { sqliteWork } from '#journal/sqlite/work.ts';
import { timed, type OnCommit } from '#journal/commit-timer.ts';
import { Writer } from '#journal/sqlite/writer.ts';

export interface SqliteJournalOptions {
  /** The database file; its directory is created. `<path>.lock`, `-wal` and `-shm` stand beside it. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Who holds leases, for people to read. Default: the process id. */
  readonly owner?: string;
  /** Default limits.queue.lease. */
  readonly leaseMs?: number;
  /** Upper bound of the database file; past it appends fail until retention has made room. Default: none but the disk. */
  readonly maxBytes?: number;
  /** Names of those whom news are kept for until they have been told. Default: none, and then none are written. */
  readonly sinks?: readonly string[];
  /** Key of the references that stand for people in records. Default: one that nobody knows, for this opening alone. */
  readonly persons?: Uint8Array;
  /** Told of each commit: how many operations it had, and how long it took, seconds. */
  readonly onCommit?: OnCommit;
}

/**
 * Opens a journal in an SQLite file, which is ours alone until `close`. Leases that an earlier process held are void at once.
 * @throws HeadgateError JOURNAL_IN_USE, JOURNAL_NEWER, JOURNAL_UNREADABLE
 */
export async function openSqliteJournal(options: SqliteJournalOptions): Promise<Journal> {
  const path = claimPath(options.path);
  const unlock = lockJournal(path);
  try {
    prepareDatabase(path, options.sinks ?? []);
    return await compose(path, options, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function compose(path: string, options: SqliteJournalOptions, unlock: () => void): Promise<Journal> {
  const { clock, log, leaseMs = limits.queue.lease, owner = `process ${process.pid}`, maxBytes = null, sinks = [] } = options;
  const persons = options.persons ?? new Uint8Array(randomBytes(32));
  const writer = new Writer({ path, maxBytes, news: sinks.length > 0, persons }, log, timed(clock, options.onCommit));
  const reader = await openBoth(writer, path);
  const deliveryLog = new JournalDeliveryLog(writer, clock, log);
  return {
    append: (delivery) => deliveryLog.append(delivery),
    writable: () => deliveryLog.writable(),
    ...sqliteIntake(reader, writer, clock),
    ...sqliteWork(reader, writer, { clock, holder: owner, leaseMs }),
    ...sqliteOutbox(reader, writer),
    ...sqliteArchive(reader, clock),
    ...sqliteRecords(reader, writer, clock),
    ...sqliteUpkeep(reader, writer, clock),
    lead: () => Promise.resolve(true), // the file is locked: nobody else has it open
    resign: () => Promise.resolve(),
    close: onlyOnce(async () => {
      await deliveryLog.close();
      reader.close();
      await writer.close();
      unlock();
    }),
  };
}

/** The first operation starts the writer's thread, and clears what an interrupted probe may have left. */
async function openBoth(writer: Writer, path: string): Promise<DatabaseSync> {
  try {
    await writer.submit('unprobe', null);
    return openReader(path);
  } catch (error) {
    await writer.close();
    throw error;
  }
}

function claimPath(path: string): string {
  try {
    return settlePath(path);
  } catch (error) {
    throw new HeadgateError('JOURNAL_UNREADABLE', `${path}: ${messageOf(error)}`, { cause: error });
  }
}

function onlyOnce(task: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= task());
}
