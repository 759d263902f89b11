import { DatabaseSync } from 'node:sqlite';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { migrations } from '#journal/sqlite/migrations.ts';
import { keepSinks } from '#journal/sqlite/outbox.ts';
import { createPrivate } from '#journal/sqlite/private-files.ts';

/** `Hdgt` in PRAGMA application_id, so that file(1) and we know our own files. */
const applicationId = 0x48646774;

/** Older ones may corrupt a WAL that several connections use (sqlite.org/wal.html#walresetbug). */
const oldestSqlite = [3, 51, 3] as const;

/**
 * Brings a journal file to the present schema and voids what belonged to the process that had it before. Leases among it:
 * the lock says that its holder is gone, and expiry was counted on a clock that ended with it.
 * @param sinks whom news are kept for (outbox.ts)
 * @throws HeadgateError JOURNAL_NEWER, JOURNAL_UNREADABLE
 */
export function prepareDatabase(path: string, sinks: readonly string[]): void {
  let db: DatabaseSync | undefined;
  try {
    createPrivate(path);
    db = new DatabaseSync(path, { timeout: 2_000 });
    requireSqlite(String(db.prepare('SELECT sqlite_version() AS version').get()?.['version']));
    requireJournal(db, path);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    migrate(db);
    keepSinks(db, sinks);
    db.exec(`UPDATE lease SET expires = 0 WHERE expires > 0; UPDATE delivery SET due = 0 WHERE state = 'pending' AND due > 0`);
  } catch (error) {
    throw error instanceof HeadgateError
      ? error
      : new HeadgateError('JOURNAL_UNREADABLE', `${path}: ${messageOf(error)}`, { cause: error });
  } finally {
    db?.close();
  }
}

/**
 * @param version as SQLite says it, `3.53.4`
 * @throws HeadgateError JOURNAL_UNREADABLE when it is older than what a journal needs
 */
export function requireSqlite(version: string): void {
  const parts = version.split('.').map(Number);
  const index = oldestSqlite.findIndex((part, at) => part !== parts[at]);
  if (index === -1 || (parts[index] ?? 0) > (oldestSqlite[index] ?? 0)) return;
  throw new HeadgateError('JOURNAL_UNREADABLE', `this Node.js has SQLite ${version}; ${oldestSqlite.join('.')} or newer is needed`, {
    hint: 'Run Headgate with the Node.js that bin/headgate finds.',
  });
}

function requireJournal(db: DatabaseSync, path: string): void {
  const version = numberOf(db, 'user_version');
  const empty = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'] === 0;
  if (!empty && numberOf(db, 'application_id') !== applicationId) {
    throw new HeadgateError('JOURNAL_UNREADABLE', `${path} is a database of another program`);
  }
  if (version <= migrations.length) return;
  const known = `this program knows versions up to ${migrations.length}`;
  throw new HeadgateError('JOURNAL_NEWER', `the journal ${path} has schema version ${version}; ${known}`);
}

/**
 * Refuses a journal that is not of this program's schema, for those that only read.
 * @throws HeadgateError JOURNAL_NEWER, JOURNAL_UNREADABLE
 */
export function requireCurrent(db: DatabaseSync, path: string): void {
  requireJournal(db, path);
  const version = numberOf(db, 'user_version');
  if (version === migrations.length) return;
  throw new HeadgateError('JOURNAL_UNREADABLE', `the journal ${path} has schema version ${version}, which is older than this program`, {
    hint: 'Start this version of Headgate on it once and stop it again: that brings it up to date.',
  });
}

/** Each step in a transaction of its own, together with the version that it leads to. */
function migrate(db: DatabaseSync): void {
  for (let version = numberOf(db, 'user_version'); version < migrations.length; version++) {
    db.exec('BEGIN IMMEDIATE');
    db.exec(`PRAGMA application_id = ${applicationId}; ${migrations[version]}; PRAGMA user_version = ${version + 1}; COMMIT`);
  }
}

function numberOf(db: DatabaseSync, pragma: 'user_version' | 'application_id'): number {
  return Number(db.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
}
