import { HeadgateError } from '#core/errors.ts';
import type { Archive, Story } from '#core/ports/journal.ts';
import { isSameSubject, type Subject } from '#core/subject.ts';
import { askAccesses } from '#handlers/accesses.ts';
import { explain, type Explaining, type PastChange, type Question, type SupposedChange, type SupposedEvent } from '#handlers/explain.ts';
import type { Explanation } from '#handlers/explanation.ts';
import { newestChanges } from '#handlers/newest-changes.ts';
import { headOf } from '#handlers/order.ts';

/** A question as it comes from outside. A change is named by its id. */
export type AskedQuestion = SupposedChange | SupposedEvent | { readonly change: string };

/**
 * Answers a question; a recorded change is read from the journal first.
 * @param asker whoever asks by a token: it is decided as if they asked for it, and of what is recorded they are told of their own. Null: the operator
 * @throws HeadgateError as explain, NOT_FOUND, and REQUEST_INVALID (a token supposes somebody else)
 */
export async function explainRequest(
  deps: Explaining & { readonly journal: Pick<Archive, 'story' | 'changes'> },
  asked: AskedQuestion,
  asker: Subject | null = null,
): Promise<Explanation> {
  if ('change' in asked) return explainFor(deps, await recorded(deps.journal, asked.change, asker));
  if (asker && asked.subject)
    throw new HeadgateError('REQUEST_INVALID', 'whoever asks by a token asks for themselves: leave out `subject`', {
      hint: 'Somebody else can be supposed on the machine of the server, by the operator.',
    });
  return explainFor(deps, asker ? { ...asked, subject: asker } : asked);
}

/**
 * Finds out which targets it would be, then asks their clusters about whoever stands behind the change, as the live path does.
 * @throws HeadgateError as explain
 */
export async function explainFor(deps: Explaining, question: Question): Promise<Explanation> {
  const unauthorized = explain(deps, question);
  const subject = subjectOf(question);
  if (!subject) return unauthorized;
  const targets = unauthorized.targets.map(({ target }) => target);
  const accesses = await askAccesses(deps, { subject }, targets);
  return accesses.size === 0 ? unauthorized : explain(deps, question, accesses);
}

/** Whoever stands behind what is asked about; nobody who is verified behind news that is read again. */
function subjectOf(question: Question): Subject | undefined {
  if ('change' in question) return question.change.subject;
  return 'subject' in question ? question.subject : undefined;
}

async function recorded(journal: Pick<Archive, 'story' | 'changes'>, id: string, asker: Subject | null): Promise<PastChange> {
  const story = await journal.story(id);
  if (!story || (asker && !isOf(asker, story)))
    throw new HeadgateError('NOT_FOUND', `there is no change ${id}`, { hint: 'List what there is with `headgate get changes`.' });
  const { change, delivery, reconciles, decisions } = story;
  const { source, repository, ref } = change;
  const head = headOf(await newestChanges(journal, { source, repository, ref }));
  const hasMoved = head !== undefined && change.revision !== null && head.revision !== change.revision;
  return { change, only: delivery.hint?.only, newer: hasMoved ? head : null, reconciles, decisions };
}

function isOf(asker: Subject, { change }: Story): boolean {
  return change.subject !== undefined && isSameSubject(change.subject, asker);
}
