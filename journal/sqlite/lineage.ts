import type { DatabaseSync } from 'node:sqlite';
import { limits } from '#core/limits.ts';
import type { Archive } from '#core/ports/journal.ts';
import { settledReasons } from '#core/reconcile.ts';
import { columnList, reconcileColumns, toReconcile, type ReconcileRow } from '#journal/rows.ts';

const columns = columnList(reconcileColumns);
const reasons = settledReasons.map((reason) => `'${reason}'`).join(', ');

/** What was asked for may be older than what it took the place of: it ends no line. */
const lastSettled = `SELECT r.seq FROM reconcile r INDEXED BY reconcile_target JOIN change c ON c.id = r.change
  WHERE r.target = ? AND r.seq < ? AND (r.outcome = 'applied' OR (r.outcome = 'skipped' AND r.reason IN (${reasons}))) AND c.action <> 'requested'
  ORDER BY r.seq DESC LIMIT 1`;

export const lineageQueries = {
  superseded: `SELECT ${columns} FROM reconcile INDEXED BY reconcile_target
    WHERE target = ? AND seq < ? AND seq > coalesce((${lastSettled}), 0) AND outcome = 'superseded' ORDER BY seq DESC LIMIT ${limits.journal.superseded}`,
  later: `SELECT ${columns} FROM reconcile INDEXED BY reconcile_target
    WHERE target = ? AND seq > ? AND outcome IS NOT NULL AND outcome <> 'superseded' ORDER BY seq LIMIT ${limits.journal.later}`,
};

/** Reads what took the place of what at a target. */
export function sqliteLineage(reader: DatabaseSync): Pick<Archive, 'superseded' | 'later'> {
  const superseded = reader.prepare(lineageQueries.superseded);
  const later = reader.prepare(lineageQueries.later);
  return {
    async superseded(target, seq) {
      return (superseded.all(target, seq, target, seq) as unknown as ReconcileRow[]).map(toReconcile);
    },
    async later(target, seq) {
      return (later.all(target, seq) as unknown as ReconcileRow[]).map(toReconcile);
    },
  };
}
