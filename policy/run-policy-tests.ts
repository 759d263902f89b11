import { accessOff } from '#core/access.ts';
import type { Change } from '#core/change.ts';
import type { Decision, Reason, Verdict } from '#core/decision.ts';
import type { Subject } from '#core/subject.ts';
import type { Footprint } from '#core/target.ts';
import { decide } from '#policy/decide.ts';
import type { PolicySet } from '#policy/documents.ts';
import { rangeOfCase } from '#policy/policy-case-range.ts';
import type { PolicyCase, PolicyTest } from '#policy/parse-policy-tests.ts';

export interface CaseResult {
  readonly name: string;
  /** `tests.yaml:6:7` */
  readonly place: string;
  /** What differs from what is expected, in words; empty when nothing does. */
  readonly differences: readonly string[];
  /** What enforcing policies decide. */
  readonly verdict: Verdict;
  readonly rule: string;
  readonly reasons: readonly Reason[];
}

export interface PolicyTestReport {
  readonly cases: readonly CaseResult[];
  /** Rules of the policies that decided none of the cases. */
  readonly uncovered: readonly string[];
}

/** Decides every case of tests that are about the same policies, by the same code as the server. Pure. */
export function runPolicyTests(tests: readonly PolicyTest[], policies: PolicySet): PolicyTestReport {
  const cases = tests.flatMap((test) => test.cases.map((each) => judgeCase(each, policies)));
  const decided = new Set(cases.flatMap(({ rule }) => rule.split(', ')));
  return { cases, uncovered: policies.policies.flatMap(rulesOf).filter((rule) => !decided.has(rule)) };
}

function judgeCase(each: PolicyTest['cases'][number], policies: PolicySet): CaseResult {
  const { wouldBe, verdict, rule, reasons } = decideCase(each, policies);
  const result = { verdict: wouldBe ?? verdict, rule, reasons };
  return { name: each.name, place: each.place, differences: differences(each, result), ...result };
}

function differences(expected: PolicyCase, { verdict, rule, reasons }: Pick<Decision, 'verdict' | 'rule' | 'reasons'>): readonly string[] {
  const codes = [...new Set(reasons.map(({ code }) => code))];
  const differing: readonly (readonly [differs: boolean, message: string])[] = [
    [verdict !== expected.expect, `expected ${expected.expect}, and it is ${verdict}`],
    [
      expected.rule !== undefined && rule !== expected.rule && !rule.split(', ').includes(expected.rule),
      `expected the rule ${expected.rule}, and it is ${rule}`,
    ],
    [
      expected.reason !== undefined && !codes.some((code) => code === expected.reason),
      `expected the reason ${expected.reason}, and there is ${codes.join(', ')}`,
    ],
  ];
  return differing.flatMap(([differs, message]) => (differs ? [message] : []));
}

function rulesOf({ name, changes, subjects, validations, reviews, checks, signed }: PolicySet['policies'][number]): readonly string[] {
  const numbered = (what: string, list: readonly unknown[]): readonly string[] => list.map((_, index) => `${name} ${what}[${index}]`);
  const single = [...(checks.length > 0 ? [`${name} checks`] : []), ...(signed ? [`${name} signed`] : [])];
  const conditions = [...numbered('subjects', subjects ?? []), ...numbered('validations', validations)];
  return [...numbered('changes', changes), ...conditions, ...numbered('reviews', reviews), ...single];
}

function decideCase(each: PolicyCase, policies: PolicySet): Decision {
  const now = Date.parse(each.now);
  return decide({
    change: changeOf(each, now),
    footprint: footprintOf(each),
    identities: { subject: each.subject === null ? null : subjectOf(each.subject) },
    policies,
    range: rangeOfCase(each.range, each.change),
    access: accessOff,
    caseSensitive: each.change.caseSensitive,
    votes: each.change.votes,
    now,
    id: 'case',
  });
}

function changeOf({ change }: PolicyCase, now: number): Change {
  const { source, repository, ref, action, before, confirmed, actors, occurredAt } = change;
  const revision = action === 'deleted' ? null : change.revision;
  const happened = { source, repository, ref, action, before, after: revision, revision, confirmed, actors };
  const moments = { occurredAt: occurredAt === null ? null : Date.parse(occurredAt), receivedAt: now, at: now };
  return { id: 'case', delivery: 'case', ...happened, ...moments, lateFor: null, owed: [], readBack: null };
}

function footprintOf({ target: { cluster, kind, namespace, name, namespaces } }: PolicyCase): Footprint {
  const target = { cluster, kind, namespace, name };
  const source = { target, url: '', ref: {}, suspended: false, artifactRevision: null, paths: null };
  return { source, consumers: [], namespaces, unbounded: [] };
}

function subjectOf({ issuer, claims }: NonNullable<PolicyCase['subject']>): Subject {
  return { issuer, iss: claims.iss, sub: claims.sub, claims };
}
