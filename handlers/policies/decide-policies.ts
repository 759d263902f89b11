import { accessOff } from '#core/access.ts';
import type { Change } from '#core/change.ts';
import type { Decision, Reason } from '#core/decision.ts';
import { policiesFootprint } from '#core/policies-target.ts';
import type { PolicyProposal } from '#handlers/policies/policy-changes.ts';
import { decide } from '#policy/decide.ts';
import type { PolicySet } from '#policy/documents.ts';
import type { ReasonCode } from '#policy/reason-codes.ts';

export interface PolicyQuestion {
  readonly change: Change;
  readonly proposal: PolicyProposal;
  /** In force until now. */
  readonly policies: PolicySet;
  readonly caseSensitive: boolean;
  readonly votes: boolean;
  readonly now: number;
  readonly id: string;
}

/**
 * May this change replace the policies? Asked of the policies in force, as for any target. What they would allow is denied all the same
 * when its documents cannot be taken into force, or when it leaves the history that they stand in. Pure.
 */
export function decidePolicies({ change, proposal, policies, ...asked }: PolicyQuestion): Decision {
  const decided = decide({
    ...asked,
    range: proposal.range,
    change,
    policies,
    access: accessOff,
    footprint: policiesFootprint,
    identities: { subject: change.subject ?? null },
  });
  const facts = { ...decided.facts, policyDocuments: proposal.documents };
  const objection = decided.verdict === 'allow' ? objectionTo(proposal, policies) : undefined;
  return objection ? { ...decided, verdict: 'deny', wouldBe: null, rule: 'default', reasons: [objection], facts } : { ...decided, facts };
}

function objectionTo({ problem, descends }: PolicyProposal, { revision }: PolicySet): Reason | undefined {
  const code = (one: ReasonCode): ReasonCode => one;
  if (!descends) return { code: code('policies-diverged'), message: `it does not descend from ${revision}, whose policies are in force` };
  return problem === null ? undefined : { code: code('policies-invalid'), message: problem };
}

/** Whether a change of the policies came to nothing because of its documents alone: then those in force stand in, for a bounded time. */
export function isInvalid({ reasons }: Pick<Decision, 'reasons'>): boolean {
  const invalid: ReasonCode = 'policies-invalid';
  return reasons.some(({ code }) => code === invalid);
}
