import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Archive } from '#core/ports/journal.ts';
import { explain, type Explaining, type PastChange, type SupposedChange, type SupposedEvent } from '#handlers/explain.ts';
import type { Explanation } from '#handlers/explanation.ts';
import { headOf } from '#handlers/order.ts';

/** A question as it comes from outside. A change is named by its id. */
export type AskedQuestion = SupposedChange | SupposedEvent | { readonly change: string };

/**
 * Answers a question; a recorded change is read from the journal first.
 * @throws HeadgateError as explain, and NOT_FOUND
 */
export async function explainRequest(
  deps: Explaining & { readonly journal: Pick<Archive, 'story' | 'changes'> },
  asked: AskedQuestion,
): Promise<Explanation> {
  return explain(deps, 'change' in asked ? await recorded(deps.journal, asked.change) : asked);
}

async function recorded(journal: Pick<Archive, 'story' | 'changes'>, id: string): Promise<PastChange> {
  const story = await journal.story(id);
  if (!story) throw new HeadgateError('NOT_FOUND', `there is no change ${id}`, { hint: 'List what there is with `headgate get changes`.' });
  const { change, delivery, reconciles } = story;
  const { source, repository, ref } = change;
  const { items } = await journal.changes({ source, repository, ref }, { limit: limits.recent.changes, cursor: null });
  const head = headOf(items);
  const hasMoved = head !== undefined && change.revision !== null && head.revision !== change.revision;
  return { change, only: delivery.hint?.only, newer: hasMoved ? head : null, reconciles };
}
