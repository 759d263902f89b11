import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#core/clock.ts';
import type { Intake } from '#core/ports/journal.ts';
import {
  changeColumns,
  columnList,
  deliveryColumns,
  toChange,
  toDelivery,
  type ChangeRow,
  type DeliveryRow,
} from '#journal/sqlite/rows.ts';
import type { Writer } from '#journal/sqlite/writer.ts';

/** `seq > 0` makes these searches of a partial index; without it the planner may read the table in its own order. */
export const intakeQueries = {
  pending: `SELECT ${columnList(deliveryColumns)} FROM delivery INDEXED BY delivery_pending
    WHERE state = 'pending' AND seq > 0 AND due <= ? ORDER BY seq LIMIT ?`,
  pendingExcept: `SELECT ${columnList(deliveryColumns)} FROM delivery INDEXED BY delivery_pending
    WHERE state = 'pending' AND seq > 0 AND due <= ? AND source NOT IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?`,
  /** What was skipped before Flux was asked brought nothing there; what is current already did. */
  lastAllowed: `SELECT revision FROM reconcile INDEXED BY reconcile_target
    WHERE target = ? AND revision IS NOT NULL AND (outcome IS NULL OR outcome <> 'skipped' OR reason = 'current')
    ORDER BY seq DESC LIMIT 1`,
  countedFrom: `SELECT document ->> '$.facts.base' AS base FROM decision INDEXED BY decision_target
    WHERE target = ? AND base IS NOT NULL ORDER BY seq DESC LIMIT 1`,
  owed: `SELECT ${columnList(changeColumns)} FROM change INDEXED BY change_owed
    WHERE owed <> '[]' AND repository > '' AND late_for IS NULL AND EXISTS (SELECT 1 FROM json_each(owed) WHERE value = ?)
    ORDER BY seq`,
};

/** Takes deliveries through confirm, match and decide. */
export function sqliteIntake(reader: DatabaseSync, writer: Writer, clock: Clock): Intake {
  const pending = reader.prepare(intakeQueries.pending);
  const pendingExcept = reader.prepare(intakeQueries.pendingExcept);
  const owed = reader.prepare(intakeQueries.owed);
  const lastAllowed = reader.prepare(intakeQueries.lastAllowed);
  const countedFrom = reader.prepare(intakeQueries.countedFrom);
  return {
    async pending(limit, except = []) {
      const now = clock.monotonic();
      const rows = except.length === 0 ? pending.all(now, limit) : pendingExcept.all(now, JSON.stringify(except), limit);
      return (rows as unknown as DeliveryRow[]).map(toDelivery);
    },
    async lastAllowed(targets) {
      const rows = targets.map((target) => [target, lastAllowed.get(target)?.['revision']] as const);
      return new Map(rows.flatMap(([target, revision]) => (typeof revision === 'string' ? [[target, revision]] : [])));
    },
    async countedFrom(targets) {
      const rows = targets.map((target) => [target, countedFrom.get(target)?.['base']] as const);
      return new Map(rows.flatMap(([target, base]) => (typeof base === 'string' ? [[target, base]] : [])));
    },
    async settle(settlements) {
      await writer.submit('settle', { settlements, now: clock.now() });
    },
    async owed(cluster) {
      return (owed.all(cluster) as unknown as ChangeRow[]).map(toChange);
    },
    async repay(cluster, match) {
      await writer.submit('repay', { cluster, match, now: clock.now() });
    },
    async defer(delivery, reason, retryIn) {
      const due = retryIn === null ? null : clock.monotonic() + retryIn;
      await writer.submit('defer', { delivery, reason, due, now: clock.now() });
    },
  };
}
