import { HeadgateError } from '#core/errors.ts';
import { connectAlone, type Connected } from '#journal/postgres/connect-alone.ts';
import { migrateJournal } from '#journal/postgres/migrate.ts';
import { rowsOf, unavailable } from '#journal/postgres/reader.ts';
import { chainOf } from '#journal/postgres/read-chain.ts';
import { verifyChainInTurn, type ChainReport } from '#journal/records/verify-chain.ts';
import { openLeft, type LeftJournal } from './leave.ts';
import { beginChainAfter, claimEmpty, goOnFrom, loadTable, tally } from './load.ts';
import { movedTables } from './tables.ts';

export interface MoveOptions {
  /** The file of the SQLite journal, which no process may have open. */
  readonly from: string;
  /** URL of the database. */
  readonly to: string;
  /** Told as it goes on. */
  readonly onProgress: (table: string, done: number, all: number) => void;
  /** Gives up, leaving nothing. */
  readonly signal: AbortSignal;
}

export interface MoveReport {
  /** Table → how many rows. */
  readonly rows: ReadonlyMap<string, number>;
  /** Of the chain as it was read back from the database. */
  readonly chain: ChainReport;
}

/**
 * Copies an SQLite journal into an empty journal in Postgres, all or nothing: one transaction, which ends well only when every table has as many rows as
 * there were and the chain of records is whole. The file stays as it is.
 * @throws HeadgateError JOURNAL_IN_USE, JOURNAL_NEWER, JOURNAL_UNREADABLE, JOURNAL_NOT_EMPTY, JOURNAL_UNAVAILABLE, JOURNAL_MOVE_FAILED
 */
export async function moveToPostgres({ from, to, onProgress, signal }: MoveOptions): Promise<MoveReport> {
  const left = openLeft(from);
  try {
    const target = await connectAlone(to, 'migrate');
    try {
      await prepare(target);
      return await allOrNothing(target, () => copy(left, target, onProgress, signal));
    } finally {
      await target.close();
    }
  } finally {
    left.close();
  }
}

async function prepare({ client }: Connected): Promise<void> {
  try {
    await migrateJournal(client);
  } catch (error) {
    throw unavailable(error);
  }
}

async function allOrNothing<T>({ session }: Connected, task: () => Promise<T>): Promise<T> {
  await session.run('BEGIN');
  try {
    const answer = await task();
    const tag = await session.run('COMMIT');
    if (tag !== 'COMMIT') throw new HeadgateError('JOURNAL_MOVE_FAILED', `the database answered the commit with ${tag}`);
    return answer;
  } catch (error) {
    await session.run('ROLLBACK').catch(() => {}); // what went wrong first is told, and without a commit nothing stays
    throw unavailable(error);
  }
}

async function copy(left: LeftJournal, target: Connected, onProgress: MoveOptions['onProgress'], signal: AbortSignal): Promise<MoveReport> {
  const { session } = target;
  await claimEmpty(session);
  await beginChainAfter(session, left.chainBase());
  const counts = new Map<string, number>();
  for (const table of movedTables) {
    const all = left.count(table.name);
    await loadTable(session, table, left.rows(table.name), (done) => {
      if (signal.aborted) throw new HeadgateError('JOURNAL_MOVE_FAILED', 'it was interrupted, and nothing was moved');
      onProgress(table.name, done, all);
    });
    if (table.positions) await goOnFrom(session, table.name, left.lastPosition(table.name));
    counts.set(table.name, await requireAll(target, table.name, all));
  }
  await tally(session);
  return { rows: counts, chain: await requireChain(target) };
}

async function requireAll({ session }: Connected, table: string, wanted: number): Promise<number> {
  const [row] = await session.rows<{ readonly n: number }>({ name: `count ${table}`, text: `SELECT count(*) AS n FROM ${table}` }, []);
  if (row?.n === wanted) return wanted;
  throw new HeadgateError('JOURNAL_MOVE_FAILED', `${wanted} rows of ${table} were read and ${String(row?.n)} arrived; nothing was moved`);
}

async function requireChain({ client }: Connected): Promise<ChainReport> {
  const { base, links } = await chainOf(rowsOf(client));
  const report = await verifyChainInTurn(base, links, []);
  if (report.fault === null) return report;
  throw new HeadgateError('JOURNAL_MOVE_FAILED', `record ${report.fault.seq} is not whole: ${report.fault.message}; nothing was moved`, {
    hint: 'Verify the file first: headgate audit verify.',
  });
}
