import type { Decision, Reason } from '#core/decision.ts';
import { limits } from '#core/limits.ts';
import { isPoliciesTarget } from '#core/policies-target.ts';
import { targetKey, type Footprint } from '#core/target.ts';
import { movingPlaces, namespacesOf, policiesAt, remotePlaces, uncoveredPlaces, type Place } from '#policy/concerned.ts';
import type { PolicySet } from '#policy/documents.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import { Evidence } from '#policy/evidence.ts';
import { gatherFacts, lackedFacts } from '#policy/facts.ts';
import { rangeFacts } from '#policy/range-facts.ts';
import { accessDenials, accessFacts } from '#policy/judge-access.ts';
import { doubtDenials, doubtFacts } from '#policy/judge-doubts.ts';
import { judge, type Opinion } from '#policy/rules.ts';

/**
 * May this change come to this target? Pure: the same input always gives the same decision.
 * Every namespace that moves must be covered by a policy, and every policy that is about any of them must allow the change.
 * Audit mode counts only where every policy concerned is in it, no namespace lacks one, and the second authority does not deny.
 */
export function decide(input: DecisionInput): Decision {
  const { change, footprint, policies, now, id } = input;
  const places = movingPlaces(footprint);
  const concerned = policiesAt(policies, places);
  const evidence = new Evidence(input, namespacesOf(places));
  const opinions = concerned.map((policy) => judge(policy, input, evidence));
  const uncovered = uncoveredPlaces(places, concerned);
  const byDefault = defaultDenials(policies, footprint, uncovered);
  const doubts = doubtDenials(input);
  const denials = [...byDefault, ...doubts, ...accessDenials(input.access, footprint.source.target)];
  const strict = weigh(opinions, denials, denying(byDefault, doubts));
  const audited = denials.length === 0 && concerned.every(({ mode }) => mode === 'audit');
  return {
    id,
    change: change.id,
    target: footprint.source.target,
    verdict: audited ? 'allow' : strict.verdict,
    wouldBe: audited ? strict.verdict : null,
    enforcement: 'advisory',
    rule: strict.rule,
    reasons: audited && strict.verdict === 'deny' ? [...bounded(strict.reasons), auditReason(opinions)] : bounded(strict.reasons),
    policies: opinions.map(({ policy: { name, hash }, verdict }) => ({ name, hash, verdict })),
    facts: Object.assign(gatherFacts(input, evidence, places), rangeFacts(input, opinions), accessFacts(input.access), doubtFacts(input)),
    lacked: lackedFacts(input),
    at: now,
  };
}

/** What names the rule where something else than a policy denies. */
function denying(byDefault: readonly Reason[], doubts: readonly Reason[]): string {
  if (byDefault.length > 0) return 'default';
  return doubts.length > 0 ? 'doubt' : 'access';
}

function defaultDenials(policies: PolicySet, footprint: Footprint, uncovered: readonly Place[]): readonly Reason[] {
  if (policies.unavailable !== null) return [{ code: 'policies-unavailable', message: policies.unavailable }];
  const unplaced = footprint.consumers.filter(
    (consumer) => consumer.remote && remotePlaces(consumer).some(({ cluster }) => cluster === null),
  );
  return [
    ...unplaced.map(({ object }) => ({
      code: 'remote-unknown',
      message: `${targetKey(object)} writes to another cluster (spec.kubeConfig), and the config does not say which`,
    })),
    ...uncovered.filter(({ cluster }) => cluster !== null).map((place) => ({ code: 'no-policy', message: uncoveredBy(place) })),
  ];
}

function uncoveredBy({ cluster, namespace }: Place): string {
  if (cluster !== null && isPoliciesTarget({ cluster }))
    return 'no policy is about the policies themselves (`targets: [ { policies: true } ]`)';
  return `no policy is about namespace ${namespace} of cluster ${cluster}`;
}

interface Weighed {
  readonly verdict: Opinion['verdict'];
  readonly rule: string;
  readonly reasons: readonly Reason[];
}

/**
 * Deny wins; the first denial names the rule, and only denials give reasons then.
 * @param by what names the rule where something else than a policy denies
 */
function weigh(opinions: readonly Opinion[], denials: readonly Reason[], by: string): Weighed {
  const against = opinions.filter(({ verdict }) => verdict === 'deny');
  const [first] = against;
  if (denials.length === 0 && first === undefined)
    return { verdict: 'allow', rule: opinions.map(({ rule }) => rule).join(', '), reasons: opinions.flatMap(({ reasons }) => reasons) };
  const reasons = [...denials, ...against.flatMap((opinion) => opinion.reasons)];
  return { verdict: 'deny', rule: first === undefined || denials.length > 0 ? by : first.rule, reasons };
}

function auditReason(opinions: readonly Opinion[]): Reason {
  const names = opinions.map(({ policy }) => policy.name).join(', ');
  return { code: 'audit', message: `allowed because every policy concerned is in audit mode: ${names}` };
}

function bounded(reasons: readonly Reason[]): readonly Reason[] {
  const most = limits.decision.reasons;
  if (reasons.length <= most) return reasons;
  return [...reasons.slice(0, most), { code: 'more', message: `and ${reasons.length - most} more` }];
}
