import type { DatabaseSync } from 'node:sqlite';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { openReader } from '#journal/sqlite/connections.ts';
import { createPrivate } from '#journal/sqlite/private-files.ts';

/**
 * Copies a journal as it is at one moment into a file of its own, also while a server has it open: what was committed before the call is in it.
 * Nothing waits for it; the write-ahead log grows meanwhile. SQLite does not sync what VACUUM INTO writes (lang_vacuum.html): that is the caller's.
 * @param copy must not exist; for its owner alone
 * @throws HeadgateError BACKUP_FAILED when either cannot be read or written, or the copy is not sound
 */
export function backUpJournal(path: string, copy: string): void {
  let db: DatabaseSync | undefined;
  try {
    createPrivate(copy);
    db = openReader(path);
    db.prepare('VACUUM INTO ?').run(copy);
    requireSound(copy);
  } catch (cause) {
    throw new HeadgateError('BACKUP_FAILED', `${path}: ${messageOf(cause)}`, { cause });
  } finally {
    db?.close();
  }
}

/** Damage of the journal's own file must not be found when the copy is needed. */
function requireSound(copy: string): void {
  const db = openReader(copy);
  try {
    const [first] = db.prepare('PRAGMA quick_check(1)').all();
    const verdict = String(first?.['quick_check']);
    if (verdict !== 'ok') throw new Error(`the copy is damaged: ${verdict}`);
  } finally {
    db.close();
  }
}
