import type { ReviewFacts } from '#core/ports/read-back.ts';

/** Comments change nothing about an approval or a request for changes (docs.github.com, "About pull request reviews"). */
const deciding: readonly string[] = ['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED'];

/** What each reviewer says last: of every account the latest review that decides. An account without a name stands for itself alone. */
export function latestReviews(reviews: readonly ReviewFacts[]): readonly ReviewFacts[] {
  const byAccount = Map.groupBy(
    reviews.filter(({ state }) => deciding.includes(state)),
    (review) => review.by?.account ?? review,
  );
  return [...byAccount.values()].flatMap((those) => latest(those) ?? []);
}

/** By time; where one has none, by the order in which the source tells them. */
function latest(reviews: readonly ReviewFacts[]): ReviewFacts | undefined {
  return reviews.some(({ at }) => at === null) ? reviews.at(-1) : reviews.toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0)).at(-1);
}

/** Stands in the way, whatever commit it was given on: whoever may write asked for changes, and neither approved nor was dismissed since. */
export function isObjection({ state, canWrite, by }: ReviewFacts): boolean {
  return state === 'CHANGES_REQUESTED' && canWrite !== false && by?.kind !== 'bot';
}
