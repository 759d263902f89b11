import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { HeadgateError, messageOf } from '#core/errors.ts';
import type { ChainHead } from '#core/ports/records.ts';
import { openReader } from '#journal/sqlite/connections.ts';
import { lockJournal } from '#journal/sqlite/lock.ts';
import { requireCurrent } from '#journal/sqlite/prepare.ts';
import { settlePath } from '#journal/sqlite/private-files.ts';
import type { Row } from './tables.ts';

/** An SQLite journal that is ours alone and that nobody writes, as of one moment. */
export interface LeftJournal {
  count(table: string): number;
  rows(table: string): Iterable<Row>;
  /** The highest position that a table ever gave out; 0 = none. */
  lastPosition(table: string): number;
  /** What the chain of records begins after. */
  chainBase(): ChainHead;
  close(): void;
}

/**
 * Takes the lock of a journal's file and reads it; nothing in it is changed.
 * @throws HeadgateError JOURNAL_IN_USE, JOURNAL_NEWER, JOURNAL_UNREADABLE
 */
export function openLeft(given: string): LeftJournal {
  if (!existsSync(given)) throw new HeadgateError('JOURNAL_UNREADABLE', `there is no file ${given}`);
  const path = settlePath(given);
  const unlock = lockJournal(path);
  let db: DatabaseSync | undefined;
  try {
    db = openReader(path);
    requireCurrent(db, path);
    db.exec('BEGIN');
    return leftJournal(db, unlock);
  } catch (error) {
    db?.close();
    unlock();
    if (error instanceof HeadgateError) throw error;
    throw new HeadgateError('JOURNAL_UNREADABLE', `${path}: ${messageOf(error)}`, { cause: error });
  }
}

function leftJournal(db: DatabaseSync, unlock: () => void): LeftJournal {
  return {
    count: (table) => Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']),
    rows: (table) => db.prepare(`SELECT * FROM ${table} ORDER BY 1`).iterate(),
    lastPosition: (table) => Number(db.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?').get(table)?.['seq'] ?? 0),
    chainBase() {
      const row = db.prepare('SELECT seq, hash FROM record_base').get();
      return { seq: Number(row?.['seq']), hash: String(row?.['hash']) };
    },
    close() {
      db.close();
      unlock();
    },
  };
}
