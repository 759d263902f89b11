import { limits } from '#core/limits.ts';
import type { Intake } from '#core/ports/journal.ts';
import type { Rows } from '#journal/postgres/reader.ts';
import { changeColumns, columnList, deliveryColumns, toChange, toDelivery, type ChangeRow, type DeliveryRow } from '#journal/rows.ts';

/** Deferred beyond $3: on a clock that was set back since. */
const pending = `SELECT ${columnList(deliveryColumns)} FROM delivery WHERE state = 'pending' AND (due <= $1 OR due > $3)`;

/** For each of many targets the newest row of its own, by an index: one question instead of as many as there are targets. */
const newestOfEach = (column: string, query: string): string =>
  `SELECT wanted.target, newest.${column} AS value FROM unnest($1::text[]) AS wanted (target) CROSS JOIN LATERAL (${query} ORDER BY seq DESC LIMIT 1) newest`;

export const intakeQueries = {
  pending: `${pending} ORDER BY seq LIMIT $2`,
  pendingExcept: `${pending} AND source <> ALL ($4::text[]) ORDER BY seq LIMIT $2`,
  /** What was skipped before Flux was asked brought nothing there; what is current already did. */
  lastAllowed: newestOfEach(
    'revision',
    `SELECT revision FROM reconcile r WHERE r.target = wanted.target AND revision IS NOT NULL
      AND (outcome IS NULL OR outcome <> 'skipped' OR reason = 'current')`,
  ),
  countedFrom: newestOfEach('base', 'SELECT base FROM decision d WHERE d.target = wanted.target AND base IS NOT NULL'),
  owed: `SELECT ${columnList(changeColumns)} FROM change
    WHERE owed <> '[]' AND late_for IS NULL AND EXISTS (SELECT 1 FROM json_array_elements_text(owed::json) AS cluster WHERE cluster = $1)
    ORDER BY seq`,
};

/**
 * What is to be taken through confirm, match and decide.
 * @param dueNow the present moment on the clock that `due` is counted on
 */
export function intakeReads(reader: Rows, dueNow: () => number): Pick<Intake, 'pending' | 'lastAllowed' | 'countedFrom' | 'owed'> {
  const newest = async (query: string, targets: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    const rows = await reader.rows<{ target: string; value: string }>(query, [targets]);
    return new Map(rows.map(({ target, value }) => [target, value]));
  };
  return {
    async pending(limit, except = []) {
      const [query, more] = except.length === 0 ? [intakeQueries.pending, []] : [intakeQueries.pendingExcept, [except]];
      const now = dueNow();
      return (await reader.rows<DeliveryRow>(query, [now, limit, now + 2 * limits.postgres.longestDeferral, ...more])).map(toDelivery);
    },
    lastAllowed: (targets) => newest(intakeQueries.lastAllowed, targets),
    countedFrom: (targets) => newest(intakeQueries.countedFrom, targets),
    owed: async (cluster) => (await reader.rows<ChangeRow>(intakeQueries.owed, [cluster])).map(toChange),
  };
}
