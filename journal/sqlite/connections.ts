import { DatabaseSync } from 'node:sqlite';
import type { WriterSettings } from '#journal/sqlite/thread-messages.ts';

/** How long a statement waits for a lock that somebody outside holds (a backup, the sqlite3 shell). */
const busy = { writer: 2_000, reader: 250 };

/** The one connection that writes. FULL: each commit is on stable storage before it returns. */
export function openWriter({ path, maxBytes }: Pick<WriterSettings, 'path' | 'maxBytes'>): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: busy.writer });
  db.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384');
  if (maxBytes !== null) db.exec(`PRAGMA max_page_count = ${Math.floor(maxBytes / pageSize(db))}`);
  return db;
}

/** Sees every committed transaction, waits for none, and cannot write. */
export function openReader(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true, timeout: busy.reader });
  db.exec('PRAGMA cache_size = -8192');
  return db;
}

function pageSize(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA page_size').get()?.['page_size']);
}
