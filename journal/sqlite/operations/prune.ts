import type { DatabaseSync } from 'node:sqlite';
import type { PruneAnswer, PruneRequest } from '#journal/protocol.ts';

/** What is pending, owed to a cluster, queued or observed is needed yet, whatever its age. */
const finished = `
  d.state <> 'pending'
  AND NOT EXISTS (SELECT 1 FROM change c WHERE c.delivery = d.id AND c.owed <> '[]')
  AND NOT EXISTS (SELECT 1 FROM change c JOIN reconcile r ON r.change = c.id WHERE c.delivery = d.id AND r.state <> 'ended')`;

/** Deletes bodies only: the delivery and the claim of its id stay. */
export function pruneBodiesOperation(db: DatabaseSync): (request: PruneRequest) => PruneAnswer {
  return pruner(db, 'body', 'JOIN delivery d USING (seq)');
}

/** Deletes deliveries with everything that came of them (foreign keys). */
export function pruneRecordsOperation(db: DatabaseSync): (request: PruneRequest) => PruneAnswer {
  return pruner(db, 'delivery', 'JOIN delivery d USING (seq)');
}

/**
 * Looks at the next rows in the order of acceptance. It goes on as long as any of them is old enough by date: the wall clock
 * may have jumped, so the first young row is not the end.
 */
function pruner(db: DatabaseSync, table: 'body' | 'delivery', join: string): (request: PruneRequest) => PruneAnswer {
  const look = db.prepare(`
    SELECT w.seq, d.received_at < ?1 AS old, d.received_at < ?1 AND ${finished} AS removable
    FROM (SELECT seq FROM ${table} WHERE seq > ?2 ORDER BY seq LIMIT ?3) w ${join}`);
  const remove = db.prepare(`DELETE FROM ${table} WHERE seq = ?`);
  return ({ before, after, rows }) => {
    const seen = look.all(before, after, rows);
    const removable = seen.filter((row) => row['removable'] === 1);
    for (const { seq } of removable) remove.run(seq ?? null);
    const last = seen.at(-1)?.['seq'];
    const more = seen.length === rows && seen.some((row) => row['old'] === 1);
    return { removed: removable.length, next: more ? Number(last) : null };
  };
}
