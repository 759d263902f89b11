import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { Work } from '#core/ports/journal.ts';
import { columnList, reconcileColumns, toReconcile, type ReconcileRow } from '#journal/rows.ts';
import type { Writer } from '#journal/sqlite/writer.ts';

const columns = columnList(reconcileColumns);

export const workQueries = {
  /** The target that has waited longest first. */
  dirty: `SELECT target FROM reconcile INDEXED BY reconcile_queued
    WHERE state = 'queued' AND target > '' GROUP BY target ORDER BY min(seq)`,
  observing: `SELECT ${columns} FROM reconcile INDEXED BY reconcile_observing
    WHERE state = 'observing' AND target > '' ORDER BY seq`,
  observingTarget: `SELECT ${columns} FROM reconcile INDEXED BY reconcile_observing
    WHERE state = 'observing' AND target = ? ORDER BY seq`,
  /** The newest of them only: after a burst of pushes there are thousands, and this is asked with every news of the target. */
  newer: `SELECT id, change, revision FROM (
      SELECT seq, id, change, revision FROM reconcile INDEXED BY reconcile_target
      WHERE target = ? AND seq > ? ORDER BY seq DESC LIMIT ${limits.journal.newerReconciles})
    ORDER BY seq`,
  published: `SELECT change, json_extract(published, '$.address') AS address FROM reconcile INDEXED BY reconcile_published
    WHERE json_extract(published, '$.digest') = ? AND published IS NOT NULL ORDER BY seq DESC LIMIT ${limits.journal.newerReconciles}`,
};

/** The work on targets. Leases run on the monotonic clock: setting the wall clock ends none early and keeps none alive. */
export function sqliteWork(reader: DatabaseSync, writer: Writer, options: { clock: Clock; holder: string; leaseMs: number }): Work {
  const { clock, holder, leaseMs } = options;
  const dirty = reader.prepare(workQueries.dirty);
  const observing = reader.prepare(workQueries.observing);
  const observingTarget = reader.prepare(workQueries.observingTarget);
  const newer = reader.prepare(workQueries.newer);
  const published = reader.prepare(workQueries.published);
  return {
    async dirty() {
      return dirty.all().map((row) => String(row['target']));
    },
    async take(target) {
      const [now, monotonic] = [clock.now(), clock.monotonic()];
      return (await writer.submit('take', { target, holder, now, monotonic, leaseMs })) ?? undefined;
    },
    release({ target, fence, reconcile }, progress) {
      return writer.submit('release', { target, fence, reconcile: reconcile.id, progress, now: clock.now() });
    },
    async observing(target) {
      const rows = target === undefined ? observing.all() : observingTarget.all(target);
      return (rows as unknown as ReconcileRow[]).map(toReconcile);
    },
    observe(reconcile, progress) {
      return writer.submit('observe', { reconcile, progress, now: clock.now() });
    },
    async newer(target, seq) {
      const rows = newer.all(target, seq) as unknown as Pick<ReconcileRow, 'id' | 'change' | 'revision'>[];
      return rows.map(({ id, change, revision }) => ({ id, change, revision }));
    },
    async published(digest) {
      return published.all(digest).map((row) => ({ change: String(row['change']), address: String(row['address']) }));
    },
  };
}
