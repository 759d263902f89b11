import type { DatabaseSync } from 'node:sqlite';
import type { Request } from '#journal/protocol.ts';

/**
 * Deletes notes that every sink is done with, and those whose story may be gone, among the oldest.
 * @returns how many it has deleted: as many as it looked at when there may be more
 */
export function pruneNewsOperation(db: DatabaseSync): (request: Request<'pruneNews'>) => number {
  const everything = Number.MAX_SAFE_INTEGER;
  const remove = db.prepare(`
    DELETE FROM news WHERE seq IN (SELECT seq FROM news ORDER BY seq LIMIT ?)
      AND (seq <= (SELECT coalesce(min(told), ${everything}) FROM sink) OR at < ?)`);
  return ({ before, rows }) => Number(remove.run(rows, before).changes);
}
