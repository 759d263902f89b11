import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import type { Archive, ReconcileFilter } from '#core/ports/journal.ts';
import type { Reconcile } from '#core/reconcile.ts';
import { targetKey } from '#core/target.ts';
import { filterText, sinceParameter } from '#server/query.ts';
import { isAsked, type Listed } from '#server/routes/listing.ts';

/** `GET /v1/reconciles[/{id}]`. */
export function reconciles(archive: Pick<Archive, 'reconciles' | 'reconcile'>, clock: Clock): Listed<Reconcile, ReconcileFilter> {
  return {
    path: 'reconciles',
    kind: 'reconcile',
    filters: z.object({
      change: filterText,
      target: filterText,
      state: z.enum(['queued', 'observing', 'ended']).exactOptional(),
      outcome: z.enum(['applied', 'failed', 'stalled', 'superseded', 'timed_out', 'skipped']).exactOptional(),
      since: sinceParameter(clock),
    }),
    list: (filter, page) => archive.reconciles(filter, page),
    find: (id) => archive.reconcile(id),
    fits: (reconcile, filter) =>
      isAsked(filter.change, reconcile.change) &&
      isAsked(filter.target, targetKey(reconcile.target)) &&
      isAsked(filter.state, reconcile.state) &&
      isAsked(filter.outcome, reconcile.outcome) &&
      reconcile.createdAt >= (filter.since ?? 0),
  };
}
