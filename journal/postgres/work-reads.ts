import { limits } from '#core/limits.ts';
import type { Work } from '#core/ports/journal.ts';
import type { PublishedArtifact } from '#core/reconcile.ts';
import type { Rows } from '#journal/postgres/reader.ts';
import { columnList, reconcileColumns, stored, toReconcile, type ReconcileRow } from '#journal/rows.ts';

const observing = `SELECT ${columnList(reconcileColumns)} FROM reconcile WHERE state = 'observing'`;

export const workQueries = {
  observing: `${observing} ORDER BY seq`,
  observingTarget: `${observing} AND target = $1 ORDER BY seq`,
  /** The newest of them only: after a burst of pushes there are thousands, and this is asked with every news of the target. */
  newer: `SELECT id, change, revision FROM (
      SELECT seq, id, change, revision FROM reconcile WHERE target = $1 AND seq > $2 ORDER BY seq DESC LIMIT ${limits.journal.newerReconciles}) newest
    ORDER BY seq`,
  published: `SELECT change, published FROM reconcile WHERE published_digest = $1 ORDER BY seq DESC LIMIT ${limits.journal.newerReconciles}`,
};

/** What is known of the work on targets. Which of it is to be done is offered by dirty.ts. */
export function workReads(reader: Rows): Pick<Work, 'observing' | 'newer' | 'published'> {
  return {
    async observing(target) {
      const [query, values] = target === undefined ? [workQueries.observing, []] : [workQueries.observingTarget, [target]];
      return (await reader.rows<ReconcileRow>(query, values)).map(toReconcile);
    },
    newer: (target, seq) => reader.rows<Pick<ReconcileRow, 'id' | 'change' | 'revision'>>(workQueries.newer, [target, seq]),
    async published(digest) {
      const rows = await reader.rows<{ change: string; published: string }>(workQueries.published, [digest]);
      return rows.map(({ change, published }) => ({ change, address: stored<PublishedArtifact>(published).address }));
    },
  };
}
