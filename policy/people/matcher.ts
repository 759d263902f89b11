import { z } from 'zod';
import { limits } from '#core/limits.ts';
import { isHere, type People, type Person, type Resolved } from '#core/person.ts';
import { groupUuid } from './source-groups.ts';

/** Persons that a rule names: each of these, and whoever is in one of the groups. */
export interface PeopleMatcher {
  readonly people: readonly string[];
  readonly groups: readonly string[];
}

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const list = (pattern: string, hint: string) =>
  z
    .array(
      z
        .string()
        .max(limits.people.textChars)
        .regex(new RegExp(`^(?:${pattern})$`, 'u'), hint),
    )
    .min(1)
    .max(limits.people.entries)
    .exactOptional();

/** Keys that name people in a policy. */
export const peopleKeys = {
  people: list(`${label}(?::[a-z0-9][a-z0-9._@+-]*)?`, 'must be the name of a Person, or `issuer:user` of a PersonRule').describe(
    'Names of Person documents, or `issuer:user` where a PersonRule is about the issuer.',
  ),
  groups: list(
    `${label}(?::(?:[A-Za-z0-9._-]+/[a-z0-9._-]+|${groupUuid}))?`,
    'must be the name of a group, `source:org/team`, or `source:UUID` of a group of Gerrit',
  ).describe('Groups by name, teams of a source that a Group names: `source:org/team`, or groups of Gerrit: `source:UUID`.'),
};

/** The matcher of the keys as parsed; null when neither is there. */
export function matcherOf({
  people,
  groups,
}: Partial<Readonly<Record<keyof PeopleMatcher, readonly string[] | undefined>>>): PeopleMatcher | null {
  return people === undefined && groups === undefined ? null : { people: people ?? [], groups: groups ?? [] };
}

/** As written: nothing of what is not there. */
export function showMatcher({ people, groups }: PeopleMatcher): Partial<PeopleMatcher> {
  return { ...(people.length === 0 ? {} : { people }), ...(groups.length === 0 ? {} : { groups }) };
}

/** Whether a person is one of those whom a rule names. */
export function isAmong(person: Person, { people: names, groups }: PeopleMatcher, people: People, now: number): boolean {
  return names.includes(person.name) || groups.some((group) => people.isIn(person, group, now));
}

/** Whatever keeps it from being known who is in these groups. */
export function doubtsOf(groups: readonly string[], people: People, now: number): readonly string[] {
  return groups.flatMap((group) => people.doubt(group, now) ?? []);
}

/** In words, why somebody is none of those whom a matcher names; undefined when they are. Whoever is unresolved or has left is none. */
export function whyNoMatch(matcher: PeopleMatcher, resolved: Resolved, people: People, now: number): string | undefined {
  if ('unresolved' in resolved) return `it is not known who it is: ${resolved.unresolved}`;
  const { person } = resolved;
  if (!isHere(person, now)) return `${person.name} has left`;
  if (isAmong(person, matcher, people, now)) return undefined;
  const { people: names, groups } = matcher;
  const doubts = doubtsOf(groups, people, now);
  const wanted = [...names, ...groups.map((group) => `group ${group}`)].join(', ');
  return `${person.name} is none of ${wanted}${doubts.length === 0 ? '' : ` (${doubts.join('; ')})`}`;
}
