import type { Change } from '#core/change.ts';
import { headOf } from '#handlers/order.ts';
import type { RecentChanges } from '#handlers/recent-changes.ts';

/**
 * In words, why a change is not the newest that is known of its ref; undefined when it is. `advisory` deploys the head of the branch, whatever was allowed: Flux
 * fetches what is there now. So nothing is done for a revision that is not the newest known of the ref.
 */
export async function movedOn({ recent }: { readonly recent: Pick<RecentChanges, 'around'> }, change: Change): Promise<string | undefined> {
  const { revision, readBack } = change;
  const meant = revision ?? (readBack === null ? null : readBack.head);
  if (meant === null) return undefined;
  const head = headOf(await recent.around(change));
  if (!head || head.revision === meant) return undefined;
  return `the ref has moved on to ${head.revision ?? 'nothing (deleted)'} (${head.id}), which was not allowed here`;
}
