import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#core/clock.ts';
import type { DeliveryState } from '#core/delivery.ts';
import { limits } from '#core/limits.ts';
import type { Upkeep } from '#core/ports/journal.ts';
import { pruneJournal } from '#journal/prune-journal.ts';
import type { Writer } from '#journal/sqlite/writer.ts';

export const upkeepQueries = {
  tally: 'SELECT state, deliveries FROM tally',
  pending: `SELECT count(*) AS n FROM delivery INDEXED BY delivery_pending WHERE state = 'pending' AND seq > 0`,
  dead: `SELECT count(*) AS n FROM delivery INDEXED BY delivery_dead WHERE state = 'dead' AND seq > 0`,
  pendingBySource: `SELECT source, pending, (SELECT received_at FROM delivery WHERE seq = oldest) AS oldest_at FROM (
      SELECT source, count(*) AS pending, min(seq) AS oldest FROM (
        SELECT seq, source FROM delivery INDEXED BY delivery_pending WHERE state = 'pending' AND seq > 0 ORDER BY seq LIMIT ${limits.metrics.pending})
      GROUP BY source)`,
  queued: `SELECT count(*) AS n FROM reconcile INDEXED BY reconcile_queued WHERE state = 'queued' AND target > ''`,
  observing: `SELECT count(*) AS n FROM reconcile INDEXED BY reconcile_observing WHERE state = 'observing' AND target > ''`,
};

/** Retention and counts. Closing is composed in open.ts. */
export function sqliteUpkeep(reader: DatabaseSync, writer: Writer, clock: Clock): Omit<Upkeep, 'close'> {
  const tally = reader.prepare(upkeepQueries.tally);
  const bySource = reader.prepare(upkeepQueries.pendingBySource);
  const [pending, dead, queued, observing] = [
    counter(reader, 'pending'),
    counter(reader, 'dead'),
    counter(reader, 'queued'),
    counter(reader, 'observing'),
  ];
  return {
    prune: (before) => pruneJournal(writer, before, clock),
    async counts() {
      const deliveries: Record<DeliveryState, number> = { pending: pending(), done: 0, ignored: 0, dead: dead() };
      for (const row of tally.all()) deliveries[row['state'] as DeliveryState] = Number(row['deliveries']);
      return { deliveries, queued: queued(), observing: observing() };
    },
    async pendingBySource() {
      const rows = bySource.all();
      return rows.map((row) => ({ source: String(row['source']), pending: Number(row['pending']), oldestAt: Number(row['oldest_at']) }));
    },
  };
}

function counter(reader: DatabaseSync, query: Exclude<keyof typeof upkeepQueries, 'tally' | 'pendingBySource'>): () => number {
  const count = reader.prepare(upkeepQueries[query]);
  return () => Number(count.get()?.['n']);
}

/** Each step is a batch of its own among those of ingest, short enough to be waited for. */
