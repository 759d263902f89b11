import { limits } from '#core/limits.ts';
import type { PullFacts, ReviewFacts } from '#core/ports/read-back.ts';
import { PullEvents } from '../api-answers.ts';
import type { ApiCall } from '../api-call.ts';

/** docs.github.com "Issue event types": by a person, or by GitHub when the base branch is deleted. */
const retargeting: readonly string[] = ['base_ref_changed', 'automatic_base_change_succeeded'];

/**
 * The reviews of a pull request as far as they are about what was merged: whoever reviewed it against another base saw another difference
 * on the same head, so that what they reviewed counts as unknown. The same when GitHub does not tell.
 */
export async function sinceRetargeted(
  call: ApiCall,
  { number, reviews }: PullFacts,
): Promise<{ readonly reviews: readonly ReviewFacts[]; readonly complete: boolean }> {
  if (reviews.length === 0) return { reviews, complete: true };
  const listed = await call.list(PullEvents, '/issues/{issue_number}/events', limits.github.eventPages, { issue_number: number });
  const complete = 'items' in listed && listed.complete;
  const changes = complete ? listed.items.filter(({ event }) => retargeting.includes(event)) : [];
  const since = complete ? Math.max(-Infinity, ...changes.map(({ created_at: at }) => Date.parse(at))) : Infinity;
  const isSince = ({ at }: ReviewFacts): boolean => at !== null && at > since;
  return { complete, reviews: reviews.map((review) => (isSince(review) ? review : { ...review, commit: null })) };
}
