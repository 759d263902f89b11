import type { Change } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';

/** A change in one line, for Kubernetes Events and steps: `org/app refs/heads/main 3f2a9c1 by octocat (chg_…)`. */
export function describeChange(change: Change): string {
  const revision = change.revision === null ? 'head' : change.revision.slice(0, 12);
  const by = change.actors[0] ? ` by ${change.actors[0].name}` : '';
  return `${change.source} ${change.repository} ${change.ref} ${revision}${by} (${change.id})`;
}

/** A decision in one line: `allow by payments changes[0]`, with the reasons of a denial. */
export function describeDecision(decision: Decision): string {
  const audit = decision.wouldBe === null ? '' : ` (audit: would be ${decision.wouldBe})`;
  const why = decision.verdict === 'allow' ? '' : `: ${decision.reasons.map(({ message }) => message).join('; ')}`;
  return `${decision.verdict} by ${decision.rule}${audit}${why}`;
}
