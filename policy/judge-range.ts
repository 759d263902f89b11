import type { DecisionInput } from '#policy/decision-input.ts';
import { judgeChecks } from '#policy/judge-checks.ts';
import { judgeReviews } from '#policy/judge-reviews.ts';
import { judgeSigned, signedAsked } from '#policy/judge-signed.ts';
import type { Judged } from '#policy/judged.ts';
import type { Policy } from '#policy/documents.ts';

/** What each rule of a policy comes to that is about everything since the last allowed revision. */
export function judgeRange({ name, reviews, checks, signed }: Policy, input: DecisionInput): readonly Judged[] {
  const judged = reviews.map((review, index) => judgeReviews(review, `${name} reviews[${index}]`, input));
  if (checks.length > 0) judged.push(judgeChecks(checks, `${name} checks`, input));
  const asked = signedAsked(signed, input.change.ref);
  if (asked !== null) judged.push(judgeSigned(asked, `${name} signed`, input));
  return judged;
}
