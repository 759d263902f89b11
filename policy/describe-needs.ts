import type { ChangeRule, Policy, SubjectRule } from '#policy/documents.ts';
import type { PeopleMatcher } from '#policy/people/matcher.ts';
import type { ReviewRule, ReviewersOrOwners, SignedRule } from '#policy/range-rules.ts';

/** What a change needs besides one of the rules of `changes`, in words, one for each thing that must hold. */
export function describeNeeds({ changes, subjects, reviews, checks, signed, validations }: Policy): readonly string[] {
  return [
    ...changes.flatMap(describeSubmits),
    ...(subjects === null ? [] : [`asked for by ${subjects.map(describeSubject).join(', or by ')}`]),
    ...reviews.map(describeReview),
    ...(checks.length === 0 ? [] : [`checks that passed: ${checks.map(({ pattern }) => pattern).join(', ')}`]),
    ...(signed === null ? [] : [describeSigned(signed)]),
    ...validations.map(({ message }) => `validation: ${message}`),
  ];
}

/** Who must have pushed, in words; null where anybody may whom the source lets. */
export function describePushers({ pushers }: Pick<ChangeRule, 'pushers'>): string | null {
  return pushers === null ? null : describePeople(pushers);
}

/** Only what a rule says of them: what it leaves out is for its source to say. */
function describeSubmits({ reviewed, requirements }: ChangeRule, index: number): readonly string[] {
  if (reviewed === null && requirements.length === 0) return [];
  const which = requirements.length === 0 ? '' : `: ${requirements.join(', ')}`;
  return [`by changes[${index}] ${reviewed === false ? 'also direct pushes' : `submit requirements satisfied${which}`}`];
}

function describeSubject({ issuer, match, persons, validations }: SubjectRule): string {
  const claims = match.map(({ claim, is }) => `${claim.join('.')} ${is.map(String).join(' or ')}`);
  const who = persons === null ? [] : [describePeople(persons)];
  return [
    `a subject of ${issuer}`,
    ...[...claims, ...who, ...validations.map(({ message }) => message)].map((each) => `with ${each}`),
  ].join(' ');
}

function describeReview({ required, from, distinctFrom, label, value }: ReviewRule): string {
  const whose = from === null ? 'anybody who may write to the repository' : describeReviewers(from);
  const votes = label === 'Code-Review' && value === 2 ? '' : ` (of votes: ${label}+${value})`;
  return `${required === 1 ? '1 review' : `${required} reviews`}${votes} by ${whose}, none of them ${distinctFrom.join(' or ')}`;
}

function describeReviewers({ owners, ...named }: ReviewersOrOwners): string {
  return [describePeople(named), ...(owners ? ['the owners of each file'] : [])].filter((each) => each !== '').join(', ');
}

function describeSigned({ commits, tags, by }: SignedRule): string {
  const what = [...(commits === 'all' ? ['commits'] : []), ...(tags === 'all' ? ['tags'] : [])];
  return `${what.join(' and ')} signed by ${describePeople(by)}`;
}

function describePeople({ people, groups }: PeopleMatcher): string {
  return [...people, ...groups.map((group) => `group ${group}`)].join(', ');
}
