import { isHere } from '#core/person.ts';
import type { Policy, PolicySet } from '#policy/documents.ts';
import { DocumentedPeople } from './documented-people.ts';
import type { PeopleMatcher } from './matcher.ts';

/**
 * What is wrong with the people and groups that policies name: persons whom no document is about, or who have left, and groups that there
 * are none of, or that nobody is in. Nothing of it allows anything, but what was meant to be allowed is denied.
 * @param teams whether teams of sources are read here
 * @returns null when no policy names anybody
 */
export function namedPeopleTroubles({ policies, people }: PolicySet, now: number, teams: boolean): readonly string[] | null {
  const named = policies.flatMap((policy) => matchersOf(policy).map((matcher) => ({ policy: policy.name, matcher })));
  if (named.length === 0) return null;
  if (!(people instanceof DocumentedPeople)) return [];
  const troubles = named.flatMap(({ policy, matcher }) =>
    [
      ...matcher.people.map((name) => personTrouble(people, name, now)),
      ...matcher.groups.map((group) => groupTrouble(people, group, now, teams)),
    ].flatMap((trouble) => (trouble === undefined ? [] : [`policy ${policy} names ${trouble}`])),
  );
  return [...new Set(troubles)];
}

/** UUIDs of the groups of one source that policies name, by themselves or through documents. */
export function sourceGroupsNamed({ policies, people }: Pick<PolicySet, 'policies' | 'people'>, source: string): readonly string[] {
  if (!(people instanceof DocumentedPeople)) return [];
  const keys = policies.flatMap(matchersOf).flatMap(({ groups }) => groups.flatMap((group) => people.sourceGroupsOf(group)));
  return [...new Set(keys)].flatMap((key) => (key.startsWith(`${source}:`) ? [key.slice(source.length + 1)] : []));
}

/** Everybody whom rules of a policy name. */
export function matchersOf({ changes, subjects, reviews, signed }: Policy): readonly PeopleMatcher[] {
  const all = [
    ...changes.map(({ pushers }) => pushers),
    ...(subjects ?? []).map(({ persons }) => persons),
    ...reviews.map(({ from }) => from),
  ];
  return [...all, signed?.by ?? null].filter((matcher) => matcher !== null);
}

function personTrouble(people: DocumentedPeople, name: string, now: number): string | undefined {
  const person = people.named(name);
  if (person === undefined) return `${name}, whom no document is about`;
  return isHere(person, now) ? undefined : `${name}, who left on ${new Date(person.leftAt ?? 0).toISOString().slice(0, 10)}`;
}

function groupTrouble(people: DocumentedPeople, group: string, now: number, teams: boolean): string | undefined {
  if (!people.hasGroup(group)) return `group ${group}, but ${people.doubt(group, now) ?? 'there is none'}`;
  if (people.mayHoldSomebody(group, now, teams)) return undefined;
  const doubt = people.doubt(group, now);
  return `group ${group}, and nobody is in it${doubt === null ? '' : `: ${doubt}`}`;
}
