import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { ChainHead } from '#core/ports/records.ts';
import { BulkInsert, type Session } from '#journal/postgres/session.ts';
import { movedTables, type MovedTable, type Row } from './tables.ts';

const bounds = limits.journal.moving;

/** Nobody else may write while this goes on, and nobody may have written before. */
export async function claimEmpty(session: Session): Promise<void> {
  const names = movedTables.map(({ name }) => name);
  await session.run(`LOCK TABLE ${[...names, 'tally', 'record_base'].join(', ')} IN SHARE ROW EXCLUSIVE MODE`);
  for (const name of names) {
    const rows = await session.rows({ name: `any ${name}`, text: `SELECT 1 FROM ${name} LIMIT 1` }, []);
    if (rows.length > 0) throw new HeadgateError('JOURNAL_NOT_EMPTY', `the journal in the database has something in its table ${name}`);
  }
  const moved = await session.rows({ name: 'any base', text: 'SELECT 1 FROM record_base WHERE seq > 0' }, []);
  if (moved.length > 0)
    throw new HeadgateError('JOURNAL_NOT_EMPTY', 'the journal in the database had records, which retention has deleted');
}

/**
 * Writes rows into a table, some at a time.
 * @param told called with how many have been written so far
 */
export async function loadTable(
  session: Session,
  { name, more = () => ({}) }: MovedTable,
  rows: Iterable<Row>,
  told: (done: number) => void,
): Promise<void> {
  const types = await columnTypes(session, name);
  const insert = new BulkInsert<Row>(name, types);
  let done = 0;
  for (const batch of batches(rows)) {
    await insert.run(
      session,
      batch.map((row) => ({ ...row, ...more(row) })),
    );
    told((done += batch.length));
  }
}

async function columnTypes(session: Session, table: string): Promise<Readonly<Record<string, string>>> {
  const text = `SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
    WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;
  const rows = await session.rows<{ readonly name: string; readonly type: string }>({ name: 'columns', text }, [table]);
  return Object.fromEntries(rows.map(({ name, type }) => [name, type]));
}

/** As many rows at a time as fit in memory well: bodies and documents may be large. */
function* batches(rows: Iterable<Row>): Iterable<readonly Row[]> {
  let batch: Row[] = [];
  let size = 0;
  for (const row of rows) {
    batch.push(row);
    size += sizeOf(row);
    if (batch.length < bounds.rows && size < bounds.bytes) continue;
    yield batch;
    [batch, size] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

function sizeOf(row: Row): number {
  let size = 0;
  for (const value of Object.values(row)) {
    if (typeof value === 'string') size += value.length;
    else if (value instanceof Uint8Array) size += value.byteLength;
  }
  return size;
}

/** Positions go on where they were: none is given out twice, also where everything that had one is gone. */
export async function goOnFrom(session: Session, table: string, last: number): Promise<void> {
  const text = `SELECT setval(pg_get_serial_sequence($1, 'seq'), greatest($2::bigint, 1), $2::bigint > 0)`;
  await session.rows({ name: 'go on', text }, [table, last]);
}

/** The chain of a journal that retention has cut begins after a record that is gone; the trigger would want to see it. */
export async function beginChainAfter(session: Session, { seq, hash }: ChainHead): Promise<void> {
  if (seq === 0) return;
  await session.run('ALTER TABLE record_base DISABLE TRIGGER record_base_forward');
  await session.rows({ name: 'base', text: 'UPDATE record_base SET seq = $1, hash = $2' }, [seq, hash]);
  await session.run('ALTER TABLE record_base ENABLE TRIGGER record_base_forward');
}

/** What is done or ignored is counted apart (migrations.ts). */
export async function tally(session: Session): Promise<void> {
  await session.run(`INSERT INTO tally (state, slot, deliveries)
    SELECT state, 0, count(*) FROM delivery WHERE state IN ('done', 'ignored') GROUP BY state
    ON CONFLICT (state, slot) DO UPDATE SET deliveries = excluded.deliveries`);
}
