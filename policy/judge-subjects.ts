import type { Reason } from '#core/decision.ts';
import { claimMatches, claimMisfit } from '#policy/claim-matchers.ts';
import type { Conditions } from '#policy/conditions.ts';
import type { Policy, SubjectRule } from '#policy/documents.ts';
import type { Evidence } from '#policy/evidence.ts';
import { whyNoMatch, type PeopleMatcher } from '#policy/people/matcher.ts';
import type { PlainMap } from '#policy/plain-value.ts';

/** Whether a verified subject stands behind a change, by the rules of one policy. */
export interface Standing {
  /** The rule that fits, or the only one that came near; null when there is none. */
  readonly rule: string | null;
  /** Why none fits; empty when one does. */
  readonly reasons: readonly Reason[];
}

/** Tries the policy's subject rules in their order: the first that fits is enough. */
export function judgeSubjects(policy: Policy, rules: readonly SubjectRule[], evidence: Evidence, conditions: Conditions): Standing {
  const { subject, claims } = evidence;
  if (subject === null) return denial('no-subject', `${policy.name} asks for a verified subject, and none stands behind this change`);
  if (typeof claims === 'string')
    return denial('subject-bounds', `${policy.name} cannot judge subject ${subject.sub} of ${subject.issuer}: ${claims}`);
  const known: Known = { claims, issuer: subject.issuer, conditions, evidence };
  const misfits: Misfit[] = [];
  for (const [index, rule] of rules.entries()) {
    const misfit = compare(rule, `${policy.name} subjects[${index}]`, known);
    if (misfit.reasons.length === 0) return { rule: misfit.rule, reasons: [] };
    misfits.push(misfit);
  }
  const near = misfits.find(({ isNear }) => isNear);
  return { rule: near?.rule ?? null, reasons: misfits.flatMap(({ reasons }) => reasons) };
}

interface Misfit {
  readonly rule: string;
  readonly reasons: readonly Reason[];
  /** The subject is the one that is meant, and only a validation fails. */
  readonly isNear: boolean;
}

interface Known {
  readonly claims: PlainMap;
  readonly issuer: string;
  readonly conditions: Conditions;
  readonly evidence: Evidence;
}

function compare({ issuer, match, persons, validations }: SubjectRule, rule: string, known: Known): Misfit {
  const other = otherSubject(issuer, match, known);
  if (other.length > 0) return misfit(rule, 'other-subject', other.join('; '));
  const person = persons && otherPerson(persons, rule, known.evidence);
  if (person) return person;
  const reasons = validations.flatMap((validation) => known.conditions.failure(validation, rule) ?? []);
  return { rule, isNear: true, reasons };
}

/** Who the subject is, is looked for only where a rule asks for it. */
function otherPerson(persons: PeopleMatcher, rule: string, { subjectPerson, people, now }: Evidence): Misfit | undefined {
  const why = subjectPerson && whyNoMatch(persons, subjectPerson, people, now);
  return why ? misfit(rule, 'unresolved' in subjectPerson ? 'unresolved-subject' : 'other-subject', why) : undefined;
}

function misfit(rule: string, code: 'other-subject' | 'unresolved-subject', why: string): Misfit {
  return { rule, isNear: false, reasons: [{ code, message: `${rule} does not fit: ${why}` }] };
}

/** Claims of another issuer mean something else, so they are not compared. */
function otherSubject(issuer: string, match: SubjectRule['match'], known: Known): readonly string[] {
  if (known.issuer !== issuer) return [`issuer ${known.issuer} is not ${issuer}`];
  return match.filter((matcher) => !claimMatches(matcher, known.claims)).map((matcher) => claimMisfit(matcher, known.claims));
}

function denial(code: 'no-subject' | 'subject-bounds', message: string): Standing {
  return { rule: null, reasons: [{ code, message }] };
}
