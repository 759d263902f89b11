import { DatabaseSync } from 'node:sqlite';
import { HeadgateError } from '#core/errors.ts';
import { createPrivate } from '#journal/sqlite/private-files.ts';

/**
 * Holds a journal for this process. Several processes may open one SQLite file in WAL mode, so a side file `<path>.lock` is kept
 * under an exclusive lock of its own: the operating system drops it with the process, kill -9 included, and SQLite keeps it
 * between two connections of one process as well. Never open the side file by other means: closing any descriptor
 * of it drops the lock of the whole process (fcntl(2)).
 * @returns how to let go of it
 * @throws HeadgateError JOURNAL_IN_USE
 */
export function lockJournal(path: string): () => void {
  const file = `${path}.lock`;
  createPrivate(file);
  const db = new DatabaseSync(file, { timeout: 0 });
  try {
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    throw new HeadgateError('JOURNAL_IN_USE', `the journal ${path} is open already, in another process or twice in this one`, {
      cause: error,
    });
  }
  return () => db.close();
}
