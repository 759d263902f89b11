import type { DatabaseSync } from 'node:sqlite';
import type { Note, Outbox } from '#core/ports/journal.ts';
import type { Writer } from '#journal/sqlite/writer.ts';

export const outboxQueries = {
  untold: `SELECT seq, kind, change, decision, reconcile, at FROM news
    WHERE seq > (SELECT told FROM sink WHERE name = ?) ORDER BY seq LIMIT ?`,
  backlog: 'SELECT name, (SELECT at FROM news WHERE seq > told ORDER BY seq LIMIT 1) AS oldest FROM sink',
};

/** What sinks have still to be told. */
export function sqliteOutbox(reader: DatabaseSync, writer: Writer): Outbox {
  const untold = reader.prepare(outboxQueries.untold);
  const backlog = reader.prepare(outboxQueries.backlog);
  return {
    async untold(sink, limit) {
      return untold.all(sink, limit).map((row) => ({ ...row }) as unknown as Note);
    },
    async told(sink, seq) {
      await writer.submit('told', { sink, seq });
    },
    async backlog() {
      return new Map(backlog.all().map(({ name, oldest }) => [String(name), oldest === null ? null : Number(oldest)]));
    },
  };
}

/**
 * Makes the sinks that are kept exactly these: a new one begins with what comes next, one that is gone holds nothing back.
 * @param db a connection that may write
 */
export function keepSinks(db: DatabaseSync, sinks: readonly string[]): void {
  const names = JSON.stringify(sinks);
  db.exec('BEGIN IMMEDIATE');
  db.prepare('DELETE FROM sink WHERE name NOT IN (SELECT value FROM json_each(?))').run(names);
  db.prepare(
    `INSERT INTO sink (name, told) SELECT value, (SELECT coalesce(max(seq), 0) FROM news) FROM json_each(?) WHERE true
    ON CONFLICT DO NOTHING`,
  ).run(names);
  db.exec('COMMIT');
}
