import type { Change } from '#core/change.ts';
import { limits } from '#core/limits.ts';
import type { Archive } from '#core/ports/journal.ts';
import { headOf } from '#handlers/order.ts';

const { changes: most, furtherPage, furtherPages } = limits.recent;

/**
 * The newest changes of a ref, newest first, with the one that stands for its head: what came late, by the hundred after an outage, does not hide it.
 * @returns at most `limits.recent.changes`, and the head where it is older than those
 * @throws HeadgateError JOURNAL_UNAVAILABLE
 */
export async function newestChanges(
  journal: Pick<Archive, 'changes'>,
  { source, repository, ref }: Pick<Change, 'source' | 'repository' | 'ref'>,
): Promise<readonly Change[]> {
  const first = await journal.changes({ source, repository, ref }, { limit: most, cursor: null });
  let page = first;
  for (let count = 0; headOf(page.items) === undefined && page.next !== null && count < furtherPages; count++)
    page = await journal.changes({ source, repository, ref }, { limit: furtherPage, cursor: page.next });
  return page === first ? first.items : withHead(first.items, page.items);
}

/** The same of all that are known. @param changes newest first */
export function newestOf(changes: readonly Change[]): readonly Change[] {
  return withHead(changes.slice(0, most), changes);
}

function withHead(newest: readonly Change[], all: readonly Change[]): readonly Change[] {
  const head = headOf(newest) === undefined ? headOf(all) : undefined;
  return head === undefined ? newest : [...newest, head];
}
