import type { People } from '#core/person.ts';
import { doubtsOf, type PeopleMatcher } from '#policy/people/matcher.ts';

/** `one of ada, bob or in sre`, with whatever keeps it from being known who is in a group. */
export function sayReviewers({ groups, people: named }: PeopleMatcher, people: People, now: number): string {
  const doubts = doubtsOf(groups, people, now);
  const those = [...(named.length > 0 ? [`one of ${named.join(', ')}`] : []), ...(groups.length > 0 ? [`in ${groups.join(', ')}`] : [])];
  return those.join(' or ') + (doubts.length > 0 ? ` (${doubts.join('; ')})` : '');
}
