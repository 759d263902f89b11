import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { TokenReview } from '#core/ports/token-reviews.ts';
import type { Issuer, Reviewer } from '#identity/issuer.ts';
import type { ReadToken } from '#identity/read-token.ts';
import { TokenRefused } from '#identity/refusal.ts';

/**
 * Asks the cluster of a service account whether its token is good: it knows also whether account and pod are still there.
 * An API server that says nothing of audiences has not looked at them (kubernetes.io, TokenReview v1, `status.audiences`).
 * @param sub what the token claims, and the cluster must confirm
 * @throws TokenRefused review-refused, review-unavailable, audience, reserved-name
 */
export async function checkReview({ audiences }: Issuer, reviewer: Reviewer, { compact }: ReadToken, sub: string): Promise<void> {
  const said = await ask(reviewer, compact, audiences);
  if (!said.authenticated) throw new TokenRefused('review-refused', said.error?.slice(0, limits.identity.saidChars) ?? 'not authenticated');
  if (said.audiences.length === 0) throw new TokenRefused('audience', 'the cluster does not say that the audience was looked at');
  const other = said.audiences.find((audience) => !audiences.includes(audience));
  if (other !== undefined) throw new TokenRefused('audience', `the cluster says ${other}, which was not asked about`);
  if (said.user !== sub) throw new TokenRefused('reserved-name', `sub ${sub} is ${said.user ?? 'nobody'} to the cluster`);
}

async function ask({ review }: Reviewer, compact: string, audiences: readonly string[]): Promise<TokenReview> {
  try {
    return await review(compact, audiences);
  } catch (cause) {
    if (cause instanceof HeadgateError && cause.code === 'OVERLOADED') throw cause;
    throw new TokenRefused('review-unavailable', messageOf(cause), { cause });
  }
}
