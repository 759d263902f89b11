import type { People, Person } from '#core/person.ts';
import type { Reviewers } from '#policy/range-rules.ts';

/** Whether a person is one of those that a rule names. */
export function isAmong(person: Person, { groups, people: named }: Reviewers, people: People, now: number): boolean {
  return named.includes(person.name) || groups.some((group) => people.isIn(person, group, now));
}

/** `one of ada, bob or in sre`, with whatever keeps it from being known who is in a group. */
export function sayReviewers({ groups, people: named }: Reviewers, people: People, now: number): string {
  const doubts = groups.flatMap((group) => people.doubt(group, now) ?? []);
  const those = [...(named.length > 0 ? [`one of ${named.join(', ')}`] : []), ...(groups.length > 0 ? [`in ${groups.join(', ')}`] : [])];
  return those.join(' or ') + (doubts.length > 0 ? ` (${doubts.join('; ')})` : '');
}
