import type { DatabaseSync } from 'node:sqlite';
import { HeadgateError, messageOf } from '#core/errors.ts';
import type { ChainHead } from '#core/ports/records.ts';
import type { ChainLink } from '#journal/records/chain.ts';
import { openReader } from '#journal/sqlite/connections.ts';

/** A chain as a file holds it, believed in nothing. */
export interface StoredChain {
  /** What the chain begins after. */
  readonly base: ChainHead;
  /** By seq. */
  readonly links: Iterable<ChainLink>;
}

/**
 * Reads the chain of a journal's file as of one moment, also while a server has it open. Nothing is written.
 * @throws HeadgateError JOURNAL_UNREADABLE when the file is none, or damaged so that SQLite cannot read it
 */
export function readChain<T>(path: string, read: (chain: StoredChain) => T): T {
  let db: DatabaseSync | undefined;
  try {
    db = openReader(path);
    db.exec('BEGIN');
    return read({ base: baseOf(db), links: linksOf(db) });
  } catch (cause) {
    if (cause instanceof HeadgateError) throw cause;
    throw new HeadgateError('JOURNAL_UNREADABLE', `${path}: ${messageOf(cause)}`, {
      hint: 'Name the file of a journal that this version or a newer one has opened: spec.journal.sqlite.path.',
      cause,
    });
  } finally {
    db?.close();
  }
}

function baseOf(db: DatabaseSync): ChainHead {
  const rows = db.prepare('SELECT seq, hash FROM record_base').all();
  if (rows.length !== 1) throw new Error(`the chain has ${rows.length} beginnings`);
  return { seq: Number(rows[0]?.['seq']), hash: String(rows[0]?.['hash']) };
}

function* linksOf(db: DatabaseSync): Iterable<ChainLink> {
  for (const row of db.prepare('SELECT seq, document, hash FROM record ORDER BY seq').iterate())
    yield { seq: Number(row['seq']), document: String(row['document']), hash: String(row['hash']) };
}
