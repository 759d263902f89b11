import type { DeliveryState } from '#core/delivery.ts';
import { limits } from '#core/limits.ts';
import type { PendingOfSource, Upkeep } from '#core/ports/journal.ts';
import type { Rows } from '#journal/postgres/reader.ts';

export const upkeepQueries = {
  pending: `SELECT count(*) AS n FROM delivery WHERE state = 'pending'`,
  dead: `SELECT count(*) AS n FROM delivery WHERE state = 'dead'`,
  queued: `SELECT count(*) AS n FROM reconcile WHERE state = 'queued'`,
  observing: `SELECT count(*) AS n FROM reconcile WHERE state = 'observing'`,
  pendingBySource: `SELECT source, pending, (SELECT received_at FROM delivery WHERE seq = oldest) AS "oldestAt" FROM (
      SELECT source, count(*) AS pending, min(seq) AS oldest FROM (
        SELECT seq, source FROM delivery WHERE state = 'pending' ORDER BY seq LIMIT ${limits.metrics.pending}) first
      GROUP BY source) sources`,
};

const { pendingBySource: _bySource, ...counted } = upkeepQueries;
const counts = `SELECT ${Object.entries(counted)
  .map(([name, query]) => `(${query}) AS ${name}`)
  .join(', ')},
  (SELECT coalesce(sum(deliveries), 0)::bigint FROM tally WHERE state = 'done') AS done,
  (SELECT coalesce(sum(deliveries), 0)::bigint FROM tally WHERE state = 'ignored') AS ignored`;

/** Counts, by partial indexes and the tally: nothing that has settled is read. */
export function upkeepReads(reader: Rows): Pick<Upkeep, 'counts' | 'pendingBySource'> {
  return {
    async counts() {
      const [row] = await reader.rows<Record<DeliveryState | 'queued' | 'observing', number>>(counts);
      if (!row) throw new Error('the database counts nothing');
      const { queued, observing, pending, done, ignored, dead } = row;
      return { deliveries: { pending, done, ignored, dead }, queued, observing };
    },
    pendingBySource: () => reader.rows<PendingOfSource>(upkeepQueries.pendingBySource),
  };
}
