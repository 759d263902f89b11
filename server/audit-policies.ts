import type { AuditedReason, AuditedRef, Named, PolicyAudit } from '#core/audit-report.ts';
import type { Decision, Mode, Reason } from '#core/decision.ts';
import { limits } from '#core/limits.ts';
import { targetKey, type TargetRef } from '#core/target.ts';

interface LoadedPolicy {
  readonly name: string;
  readonly mode: Mode;
}

/**
 * What each policy would have come to, of decisions that were made in audit mode (`wouldBe`). Pure.
 * @param decisions of any kind, newest first
 * @param loaded what is loaded now: a policy in audit mode is told of although nothing was decided
 */
export function auditPolicies(decisions: readonly Decision[], loaded: readonly LoadedPolicy[]): readonly PolicyAudit[] {
  const audited = decisions.filter(({ wouldBe }) => wouldBe !== null);
  const modes = new Map(loaded.map(({ name, mode }) => [name, mode]));
  const waiting = loaded.filter(({ mode }) => mode === 'audit').map(({ name }) => name);
  const names = new Set([...waiting, ...audited.flatMap(({ policies }) => policies.map(({ name }) => name))]);
  return [...names].toSorted().map((name) => auditPolicy(name, modes.get(name) ?? null, audited));
}

function auditPolicy(name: string, mode: Mode | null, audited: readonly Decision[]): PolicyAudit {
  const own = audited.filter(({ policies }) => policies.some((policy) => policy.name === name));
  const denied = own.filter(({ policies }) => policies.some((policy) => policy.name === name && policy.verdict !== 'allow'));
  const reasons = denied.flatMap((decision) => oncePerCode(reasonsOf(decision, name)).map((reason) => ({ decision, reason })));
  return {
    policy: name,
    mode,
    observedAt: own.at(-1)?.at ?? null,
    decisions: own.length,
    passed: own.length - denied.length,
    reasons: [...Map.groupBy(reasons, ({ reason }) => reason.code).values()].map(auditReason).toSorted((a, b) => b.decisions - a.decisions),
  };
}

interface Denied {
  readonly decision: Decision;
  readonly reason: Reason;
}

function auditReason(denied: readonly Denied[]): AuditedReason {
  const [newest] = denied;
  if (newest === undefined) throw new RangeError('a group has at least one');
  const { decision, reason } = newest;
  const targets = new Map(denied.map((one): [string, TargetRef] => [targetKey(one.decision.target), one.decision.target]));
  const refs = new Map(denied.map((one): [string, AuditedRef] => [JSON.stringify(refOf(one.decision)), refOf(one.decision)]));
  return {
    code: reason.code,
    decisions: denied.length,
    targets: named([...targets.values()]),
    refs: named([...refs.values()]),
    example: { decision: decision.id, change: decision.change, at: decision.at, message: reason.message },
  };
}

/** Reasons begin with the rule that gives them, and a rule with its policy; where none does, all are the only policy's that denies. */
function reasonsOf({ reasons }: Decision, policy: string): readonly Reason[] {
  const own = reasons.filter(({ message }) => message.startsWith(`${policy} `));
  return own.length > 0 ? own : reasons.filter(({ code }) => code !== 'audit');
}

function oncePerCode(reasons: readonly Reason[]): readonly Reason[] {
  return [...new Map(reasons.toReversed().map((reason) => [reason.code, reason])).values()];
}

function refOf({ facts }: Decision): AuditedRef {
  const text = (name: string): string => (typeof facts[name] === 'string' ? facts[name] : '');
  return { source: text('source'), repository: text('repository'), ref: text('ref') };
}

function named<T>(all: readonly T[]): Named<T> {
  return { count: all.length, first: all.slice(0, limits.policyReport.named) };
}
