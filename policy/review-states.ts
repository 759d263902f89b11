import type { PullFacts, ReviewFacts } from '#core/ports/read-back.ts';
import { shortId } from '#policy/say.ts';
import type { Voice } from '#policy/voice.ts';

/** Comments change nothing about an approval or a request for changes (docs.github.com, "About pull request reviews"). */
const deciding: readonly string[] = ['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED'];

/** What each reviewer says last: of every account the latest review that decides. An account without a name stands for itself alone. */
export function reviewVoices(pull: Pick<PullFacts, 'reviews' | 'head'>): readonly Voice[] {
  const byAccount = Map.groupBy(
    pull.reviews.filter(({ state }) => deciding.includes(state)),
    (review) => review.by?.account ?? review,
  );
  return [...byAccount.values()].flatMap((those) => {
    const review = latest(those);
    if (review === undefined) return [];
    const { by, commit, at } = review;
    return [{ by, commit, at, objects: isObjection(review), flaw: flawOf(review, pull) }];
  });
}

/** By time; where one has none, by the order in which the source tells them. */
function latest(reviews: readonly ReviewFacts[]): ReviewFacts | undefined {
  return reviews.some(({ at }) => at === null) ? reviews.at(-1) : reviews.toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0)).at(-1);
}

/** Stands in the way, whatever commit it was given on: whoever may write asked for changes, and neither approved nor was dismissed since. */
function isObjection({ state, canWrite, by }: ReviewFacts): boolean {
  return state === 'CHANGES_REQUESTED' && canWrite !== false && by?.kind !== 'bot';
}

function flawOf({ state, commit, at, canWrite }: ReviewFacts, { head }: Pick<PullFacts, 'head'>): string | undefined {
  if (state !== 'APPROVED') return state === 'DISMISSED' ? 'was dismissed' : 'asks for changes';
  if (commit !== head)
    return `was given on ${commit === null ? 'an unknown commit' : shortId(commit)}, not on ${shortId(head)}, which was merged`;
  if (at === null) return 'has no time';
  if (canWrite === null) return 'is of an account of which is not known whether it may write to the repository';
  return canWrite ? undefined : 'is of an account that may not write to the repository';
}
