import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#core/clock.ts';
import type { Intake } from '#core/ports/journal.ts';
import { changeColumns, columnList, deliveryColumns, toChange, toDelivery, type ChangeRow, type DeliveryRow } from '#journal/rows.ts';
import type { Writer } from '#journal/sqlite/writer.ts';

/** `seq > 0` makes these searches of a partial index; without it the planner may read the table in its own order. */
export const intakeQueries = {
  pending: `SELECT ${columnList(deliveryColumns)} FROM delivery INDEXED BY delivery_pending
    WHERE state = 'pending' AND seq > 0 AND due <= ? ORDER BY seq LIMIT ?`,
  /** Each source with something pending, by one search for each: a backlog of one is not read for the sake of the others. */
  pendingSources: `WITH RECURSIVE waiting (source) AS (
      SELECT min(source) FROM delivery INDEXED BY delivery_waiting WHERE state = 'pending' AND source > ''
      UNION ALL
      SELECT (SELECT min(source) FROM delivery INDEXED BY delivery_waiting WHERE state = 'pending' AND source > waiting.source)
      FROM waiting WHERE waiting.source IS NOT NULL)
    SELECT source FROM waiting WHERE source IS NOT NULL`,
  pendingOf: `SELECT ${columnList(deliveryColumns)} FROM delivery INDEXED BY delivery_waiting
    WHERE state = 'pending' AND source = ? AND seq > 0 AND due <= ? ORDER BY seq LIMIT ?`,
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
  const pendingExcept = exceptReader(reader);
  const owed = reader.prepare(intakeQueries.owed);
  const lastAllowed = reader.prepare(intakeQueries.lastAllowed);
  const countedFrom = reader.prepare(intakeQueries.countedFrom);
  return {
    async pending(limit, except = []) {
      const now = clock.monotonic();
      const rows = except.length === 0 ? (pending.all(now, limit) as unknown as DeliveryRow[]) : pendingExcept(now, except, limit);
      return rows.map(toDelivery);
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

/** The oldest of each source that is not left out, and of those the oldest. */
function exceptReader(reader: DatabaseSync): (now: number, except: readonly string[], limit: number) => readonly DeliveryRow[] {
  const sources = reader.prepare(intakeQueries.pendingSources);
  const pendingOf = reader.prepare(intakeQueries.pendingOf);
  return (now, except, limit) => {
    const asked = sources.all().flatMap(({ source }) => (except.includes(String(source)) ? [] : [String(source)]));
    const rows = asked.flatMap((source) => pendingOf.all(source, now, limit) as unknown as DeliveryRow[]);
    return asked.length > 1 ? rows.toSorted((one, other) => one.seq - other.seq).slice(0, limit) : rows;
  };
}
