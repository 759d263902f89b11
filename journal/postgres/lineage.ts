import { limits } from '#core/limits.ts';
import type { Archive } from '#core/ports/journal.ts';
import { settledReasons } from '#core/reconcile.ts';
import type { Rows } from '#journal/postgres/reader.ts';
import { columnList, reconcileColumns, toReconcile, type ReconcileRow } from '#journal/rows.ts';

const columns = columnList(reconcileColumns);
const reasons = settledReasons.map((reason) => `'${reason}'`).join(', ');

/** What was asked for may be older than what it took the place of: it ends no line. */
const lastSettled = `SELECT r.seq FROM reconcile r JOIN change c ON c.id = r.change
  WHERE r.target = $1 AND r.seq < $2 AND (r.outcome = 'applied' OR (r.outcome = 'skipped' AND r.reason IN (${reasons}))) AND c.action <> 'requested'
  ORDER BY r.seq DESC LIMIT 1`;

export const lineageQueries = {
  superseded: `SELECT ${columns} FROM reconcile
    WHERE target = $1 AND seq < $2 AND seq > coalesce((${lastSettled}), 0) AND outcome = 'superseded' ORDER BY seq DESC LIMIT ${limits.journal.superseded}`,
  later: `SELECT ${columns} FROM reconcile
    WHERE target = $1 AND seq > $2 AND outcome IS NOT NULL AND outcome <> 'superseded' ORDER BY seq LIMIT ${limits.journal.later}`,
};

/** Reads what took the place of what at a target. */
export function postgresLineage(reader: Rows): Pick<Archive, 'superseded' | 'later'> {
  return {
    superseded: async (target, seq) => (await reader.rows<ReconcileRow>(lineageQueries.superseded, [target, seq])).map(toReconcile),
    later: async (target, seq) => (await reader.rows<ReconcileRow>(lineageQueries.later, [target, seq])).map(toReconcile),
  };
}
