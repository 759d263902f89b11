import type { RangeQuestion } from '#core/ports/read-back.ts';
import type { Footprint } from '#core/target.ts';
import { concernedPolicies } from '#policy/concerned.ts';
import type { Policy, PolicySet } from '#policy/documents.ts';
import { signedAsked } from '#policy/judge-signed.ts';
import { mustBeReviewed } from '#policy/judge-submits.ts';

/** What must be asked of every commit of a range; all false where only the checks of its head are needed. */
export type RangeNeeds = Omit<RangeQuestion, 'ref'>;

/** Which changes are asked about, and whether they come with votes and submit requirements. */
export interface OfSource {
  readonly source: string;
  readonly votes: boolean;
  readonly ref: string;
}

/** What the policies about a target must know of what lies between two revisions; null when they ask for nothing of it. */
export function rangeNeeds(policies: PolicySet, footprint: Footprint, of: OfSource): RangeNeeds | null {
  const asking = concernedPolicies(policies, footprint).filter((policy) => asksForRange(policy, of));
  return mergeNeeds(asking.map((policy) => needsOf(policy, of)));
}

/** What to ask of a source; undefined where it need not be asked for more than people are shown. */
export function questionOf(needs: RangeNeeds | null, ref: string): RangeQuestion | undefined {
  return needs && (needs.reviews || needs.signatures || needs.owners) ? { ref, ...needs } : undefined;
}

/** Everything that any of them needs; null for none. */
export function mergeNeeds(needs: readonly RangeNeeds[]): RangeNeeds | null {
  if (needs.length === 0) return null;
  return {
    reviews: needs.some(({ reviews }) => reviews),
    signatures: needs.some(({ signatures }) => signatures),
    owners: needs.some(({ owners }) => owners),
  };
}

/** Whether a policy has rules about everything since the last allowed revision. */
export function asksForRange(policy: Policy, of: OfSource): boolean {
  const { reviews, checks } = policy;
  return reviews.length > 0 || checks.length > 0 || asksForSignatures(policy, of) || asksForSubmits(policy, of);
}

function asksForSignatures({ signed, readsSignatures }: Policy, { ref }: OfSource): boolean {
  return readsSignatures || signedAsked(signed, ref) !== null;
}

/** Whether one of its rules is about how each change was submitted, or by whom. */
function asksForSubmits({ changes, readsReview }: Policy, { source, votes }: OfSource): boolean {
  if (votes && readsReview) return true;
  return changes.some((rule) => rule.source.matches(source) && (mustBeReviewed(rule, votes) || (votes && rule.pushers !== null)));
}

function needsOf(policy: Policy, of: OfSource): RangeNeeds {
  const { reviews } = policy;
  return {
    reviews: reviews.length > 0 || asksForSubmits(policy, of),
    signatures: asksForSignatures(policy, of),
    owners: reviews.some(({ from }) => from?.owners === true),
  };
}
