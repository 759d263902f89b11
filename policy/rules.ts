import type { Change } from '#core/change.ts';
import type { Reason, Verdict } from '#core/decision.ts';
import type { Glob } from '#core/glob.ts';
import { isPoliciesTarget } from '#core/policies-target.ts';
import { Conditions } from '#policy/conditions.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import type { ChangeRule, Policy } from '#policy/documents.ts';
import type { Evidence } from '#policy/evidence.ts';
import { unmetSubmits } from '#policy/judge-submits.ts';
import { judgeRange } from '#policy/judge-range.ts';
import type { Judged } from '#policy/judged.ts';
import { judgeSubjects } from '#policy/judge-subjects.ts';
import { whyNoMatch, type PeopleMatcher } from '#policy/people/matcher.ts';
import { reason } from '#policy/reason.ts';
import { sawVotes } from '#policy/submit-facts.ts';
import type { ReasonCode } from '#policy/reason-codes.ts';

/** What one policy says about a change, whatever its mode. */
export interface Opinion {
  readonly policy: Policy;
  readonly verdict: Exclude<Verdict, 'hold'>;
  /** The rule that decided, for example `payments changes[0]`; the policy alone when no rule came near. */
  readonly rule: string;
  readonly reasons: readonly Reason[];
  /** Reviews and signatures that it rests on. */
  readonly saw: readonly string[];
}

/** Whether a policy is about a namespace of a cluster. About the policies themselves it is only where it says so: no pattern reaches them. */
export function selects(policy: Policy, cluster: string, namespace: string): boolean {
  if (isPoliciesTarget({ cluster })) return policy.targets.some(({ policies }) => policies);
  return policy.targets.some(({ clusters, namespaces }) => matchesAny(clusters, cluster) && matchesAny(namespaces, namespace));
}

/**
 * Judges a change by one policy: a rule of `changes` must fit it, then one of `subjects` whoever stands behind it, then every validation
 * must be true, then whatever the policy asks of all that came since the last allowed revision must hold. Of `changes` and `subjects` the
 * first that fits is enough; if none fits each says why it does not.
 */
export function judge(policy: Policy, input: DecisionInput, evidence: Evidence): Opinion {
  const fitting = judgeChange(policy, input, evidence);
  if (fitting.verdict === 'deny') return fitting;
  const opinion = judgeConditions(fitting, evidence);
  return opinion.verdict === 'deny' ? opinion : judgeCommits(opinion, judgeRange(policy, input));
}

/** All that does not hold is said at once. */
function judgeCommits(allowed: Opinion, judged: readonly Judged[]): Opinion {
  if (judged.length === 0) return allowed;
  const { policy } = allowed;
  const failing = judged.filter(({ denials }) => denials.length > 0);
  const saw = [...allowed.saw, ...judged.flatMap((one) => one.saw.map((what) => `${one.rule}: ${what}`))];
  const [first] = failing;
  if (first) return { policy, verdict: 'deny', rule: first.rule, reasons: failing.flatMap(({ denials }) => denials), saw };
  const reasons = judged.map(({ rule, holds }) => reason('allowed', `${rule} holds: ${holds}`));
  return { ...allowed, rule: [allowed.rule, ...judged.map(({ rule }) => rule)].join(', '), reasons: [...allowed.reasons, ...reasons], saw };
}

/** What a change that fits a rule needs besides. */
function judgeConditions(allowed: Opinion, evidence: Evidence): Opinion {
  const { policy } = allowed;
  const conditions = new Conditions(policy.variables, evidence);
  const standing = policy.subjects === null ? undefined : judgeSubjects(policy, policy.subjects, evidence, conditions);
  if (standing && standing.reasons.length > 0)
    return { policy, verdict: 'deny', rule: standing.rule ?? policy.name, reasons: standing.reasons, saw: [] };
  for (const [index, validation] of policy.validations.entries()) {
    const rule = `${policy.name} validations[${index}]`;
    const failure = conditions.failure(validation, rule);
    if (failure !== undefined) return { policy, verdict: 'deny', rule, reasons: [failure], saw: [] };
  }
  return standing?.rule
    ? { ...allowed, rule: `${allowed.rule}, ${standing.rule}`, reasons: [...allowed.reasons, fits(standing.rule, evidence)] }
    : allowed;
}

function fits(rule: string, { subject }: Evidence): Reason {
  return reason('allowed', `${rule} fits subject ${subject?.sub} of ${subject?.issuer}`);
}

function judgeChange(policy: Policy, input: DecisionInput, evidence: Evidence): Opinion {
  const { change, caseSensitive } = input;
  const misfits: Misfit[] = [];
  for (const [index, rule] of policy.changes.entries()) {
    const name = `${policy.name} changes[${index}]`;
    const fields = compare(rule, change, caseSensitive);
    if (rule.pushers !== null) fields.push(...pusherMisfits(rule.pushers, evidence));
    // Whatever else keeps the rule from fitting, what came by which change is of no interest then.
    const submits = fields.length === 0 ? unmetSubmits(rule, input) : [];
    if (fields.length === 0 && submits.length === 0) return allowedBy(policy, name, input);
    misfits.push({ rule: name, fields, submits });
  }
  const near = misfits.find(({ fields }) => isNear(fields));
  return { policy, verdict: 'deny', rule: near?.rule ?? policy.name, reasons: misfits.flatMap(toReasons), saw: [] };
}

/** One thing alone is in the way, by whomever. */
function isNear(fields: Misfit['fields']): boolean {
  return new Set(fields.map(({ code }) => code)).size <= 1 && fields.every(({ code }) => nearly.includes(code));
}

/** What keeps a rule from fitting a change that it is about. */
const nearly: readonly ReasonCode[] = ['unconfirmed', 'no-pusher', 'unresolved-pusher', 'other-pusher'];

interface Misfit {
  readonly rule: string;
  readonly fields: readonly { readonly code: ReasonCode; readonly message: string }[];
  /** Changes that did not come as the rule asks; empty when something else does not fit already. */
  readonly submits: readonly Reason[];
}

function allowedBy(policy: Policy, rule: string, input: DecisionInput): Opinion {
  const { change } = input;
  const message = `${rule} allows ${change.ref} of ${change.source} ${change.repository}`;
  return { policy, verdict: 'allow', rule, reasons: [reason('allowed', message)], saw: sawVotes(rule, input) };
}

function compare(rule: ChangeRule, change: Change, caseSensitive: boolean): Misfit['fields'][number][] {
  const { source, repository, ref } = change;
  const fields: Misfit['fields'][number][] = [];
  if (!rule.source.matches(source)) fields.push({ code: 'other-source', message: `source ${source} is not ${rule.source.pattern}` });
  if (!matchesAny(rule.repositories, repository, caseSensitive)) {
    fields.push({ code: 'other-repository', message: `repository ${repository} is none of ${list(rule.repositories)}` });
  }
  if (!matchesAny(rule.refs, ref)) fields.push({ code: 'other-ref', message: `ref ${ref} is none of ${list(rule.refs)}` });
  if (rule.confirmed && !change.confirmed) fields.push({ code: 'unconfirmed', message: unconfirmed(source) });
  return fields;
}

/** Who pushed is looked for only where a rule asks for it. */
function pusherMisfits(pushers: PeopleMatcher, { pushers: all, people, now }: Evidence): Misfit['fields'] {
  if (typeof all === 'string') return [{ code: 'no-pusher', message: `it says who must have pushed, and ${all}` }];
  return all.flatMap(({ actor, resolved }) => {
    const why = whyNoMatch(pushers, resolved, people, now);
    if (why === undefined) return [];
    return [{ code: 'unresolved' in resolved ? 'unresolved-pusher' : 'other-pusher', message: `pusher ${actor.name}: ${why}` }];
  });
}

function unconfirmed(source: string): string {
  return `it asks for a confirmed change and source ${source} has not confirmed this one: set \`confirmed: false\` in the rule, or give the source its \`api\``;
}

/** The first field that does not fit gives the code, all of them the message. */
function toReasons({ rule, fields, submits }: Misfit): readonly Reason[] {
  const [first] = fields;
  if (!first) return submits.map(({ code, message }) => ({ code, message: `${rule} does not fit: ${message}` }));
  return [reason(first.code, `${rule} does not fit: ${fields.map(({ message }) => message).join('; ')}`)];
}

function matchesAny(globs: readonly Glob[], subject: string, caseSensitive = true): boolean {
  return globs.some((glob) => glob.matches(subject, caseSensitive));
}

function list(globs: readonly Glob[]): string {
  return globs.map(({ pattern }) => pattern).join(', ');
}
