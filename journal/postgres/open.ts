import { randomBytes } from 'node:crypto';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { Intake, Journal, Outbox, Work } from '#core/ports/journal.ts';
import type { Records } from '#core/ports/records.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { timed, type OnCommit } from '#journal/commit-timer.ts';
import { JournalDeliveryLog } from '#journal/delivery-log.ts';
import { GroupCommit } from '#journal/group-commit.ts';
import { postgresArchive } from '#journal/postgres/archive.ts';
import { Committer } from '#journal/postgres/committer.ts';
import { loadPostgres, type Postgres } from '#journal/postgres/connections.ts';
import { intakeReads } from '#journal/postgres/intake-reads.ts';
import { outboxReads } from '#journal/postgres/outbox-reads.ts';
import { prepareJournal } from '#journal/postgres/prepare.ts';
import type { PostgresOperations, PostgresWriter } from '#journal/postgres/protocol.ts';
import { openReader, type Reader } from '#journal/postgres/reader.ts';
import { recordReads } from '#journal/postgres/record-reads.ts';
import { ServerClock, type Measure } from '#journal/postgres/server-clock.ts';
import { upkeepReads } from '#journal/postgres/upkeep-reads.ts';
import { workReads } from '#journal/postgres/work-reads.ts';
import { pruneJournal } from '#journal/prune-journal.ts';

export interface PostgresJournalOptions {
  /** `postgres://user:password@host:port/database`, with parameters as libpq knows them. It is a secret. */
  readonly url: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Who holds leases, for people to read. Default: the process id. */
  readonly owner?: string;
  /** Default limits.queue.lease. The same for every process of a journal. */
  readonly leaseMs?: number;
  /** Names of those whom news are kept for until they have been told. Default: none. The same for every process of a journal. */
  readonly sinks?: readonly string[];
  /** Key of the references that stand for people in records. Default: one that nobody knows, for this opening alone. */
  readonly persons?: Uint8Array;
  /** Told of each commit: how many operations it had, and how long it took, seconds. */
  readonly onCommit?: OnCommit;
  /** Asks for the moment that leases and deferrals are counted on, milliseconds. Default: the server's clock. */
  readonly measure?: Measure;
}

/**
 * Opens a journal in a Postgres database, which any number of processes may have open at once. Leases and deferrals of others stay as they are.
 * @throws HeadgateError JOURNAL_NEWER, JOURNAL_UNREADABLE, JOURNAL_UNAVAILABLE, JOURNAL_KEY_OTHER
 */
export async function openPostgresJournal(options: PostgresJournalOptions): Promise<Journal> {
  const pg = await loadPostgres();
  await prepareJournal(pg, options.url, options.sinks ?? [], options.persons);
  const { clock, leaseMs = limits.queue.lease, owner = `process ${process.pid}`, url, measure } = options;
  const holder = `${owner} (${randomBytes(4).toString('hex')})`; // two openings of one process are two holders
  const persons = options.persons ?? new Uint8Array(randomBytes(32));
  const serverClock = new ServerClock(clock);
  const committer = new Committer({ pg, url, clock, serverClock, measure, leaseMs, holder, persons });
  const writer = new GroupCommit<PostgresOperations>((batch) => committer.commit(batch), timed(clock, options.onCommit));
  try {
    await writer.submit('unprobe', null); // measures the server's clock, and clears what an interrupted probe may have left
    return compose(pg, options, { writer, committer, serverClock, holder, leaseMs });
  } catch (error) {
    await committer.close();
    throw error;
  }
}

interface Parts {
  readonly writer: GroupCommit<PostgresOperations>;
  readonly committer: Committer;
  readonly serverClock: ServerClock;
  readonly holder: string;
  readonly leaseMs: number;
}

function compose(pg: Postgres, { url, clock, log }: PostgresJournalOptions, parts: Parts): Journal {
  const { writer, committer, serverClock, holder, leaseMs } = parts;
  const reader = openReader(pg, url);
  const deliveryLog = new JournalDeliveryLog(writer, clock, log);
  return {
    append: (delivery) => deliveryLog.append(delivery),
    writable: () => deliveryLog.writable(),
    ...intake(reader, writer, clock, serverClock),
    ...work(reader, writer, { clock, serverClock, holder, leaseMs }),
    ...outbox(reader, writer),
    ...postgresArchive(reader, clock),
    ...records(reader, writer, clock),
    ...lead(writer, serverClock),
    ...upkeepReads(reader),
    prune: (before) => pruneJournal(writer, before, clock),
    close: onlyOnce(async () => {
      await deliveryLog.close();
      await writer
        .submit('giveBack', { holder })
        .catch((error: unknown) => log.warn('leases were not given back; they expire', { error: String(error) }));
      await writer.close();
      await committer.close();
      await reader.close();
    }),
  };
}

function intake(reader: Reader, writer: PostgresWriter, clock: Clock, serverClock: ServerClock): Intake {
  return {
    ...intakeReads(reader, () => serverClock.now()),
    async settle(settlements) {
      await writer.submit('settle', { settlements, now: clock.now() });
    },
    async repay(cluster, match) {
      await writer.submit('repay', { cluster, match, now: clock.now() });
    },
    async defer(delivery, reason, retryIn) {
      const due = retryIn === null ? null : serverClock.now() + retryIn;
      await writer.submit('defer', { delivery, reason, due, now: clock.now() });
    },
  };
}

interface Holding {
  readonly clock: Clock;
  readonly serverClock: ServerClock;
  readonly holder: string;
  readonly leaseMs: number;
}

function work(reader: Reader, writer: PostgresWriter, { clock, serverClock, holder, leaseMs }: Holding): Work {
  return {
    ...workReads(reader),
    dirty: () => writer.submit('offer', { holder, now: serverClock.now() }),
    async take(target) {
      return (await writer.submit('take', { target, holder, now: clock.now(), monotonic: serverClock.now(), leaseMs })) ?? undefined;
    },
    release({ target, fence, reconcile }, progress) {
      return writer.submit('release', { target, fence, reconcile: reconcile.id, progress, now: clock.now() });
    },
    observe(reconcile, progress) {
      return writer.submit('observe', { reconcile, progress, now: clock.now() });
    },
  };
}

function outbox(reader: Reader, writer: PostgresWriter): Outbox {
  return {
    ...outboxReads(reader),
    async told(sink, seq) {
      await writer.submit('told', { sink, seq });
    },
  };
}

function records(reader: Reader, writer: PostgresWriter, clock: Clock): Omit<Records, 'records'> {
  return {
    ...recordReads(reader),
    async note(record) {
      await writer.submit('note', record);
    },
    async see(seen) {
      await writer.submit('see', seen);
    },
    erasePerson: (reference) => writer.submit('erasePerson', { reference, now: clock.now() }),
  };
}

function lead(writer: PostgresWriter, serverClock: ServerClock) {
  return {
    lead: () => writer.submit('lead', { now: serverClock.now(), leaseMs: limits.lead.lease }),
    async resign() {
      await writer.submit('resign', null);
    },
  };
}

function onlyOnce(task: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= task());
}
