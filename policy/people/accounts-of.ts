import { isHere, type AccountRef, type People, type Person } from '#core/person.ts';
import type { Policy } from '#policy/documents.ts';
import { DocumentedPeople } from './documented-people.ts';
import { isAmong } from './matcher.ts';
import { matchersOf } from './named-people.ts';

/** An account of a person, as documents say. */
export interface PersonAccount extends AccountRef {
  readonly person: string;
}

/** Accounts of everybody whom these policies name and who is here, each once. Those of persons whom only rules or teams know are not listed. */
export function accountsNamedBy(policies: readonly Policy[], people: People, now: number): readonly PersonAccount[] {
  const matchers = policies.flatMap(matchersOf);
  return accountsOf(people, (person) => isHere(person, now) && matchers.some((matcher) => isAmong(person, matcher, people, now)));
}

/** Accounts of the persons that documents describe. */
export function accountsOf(people: People, is: (person: Person) => boolean): readonly PersonAccount[] {
  if (!(people instanceof DocumentedPeople)) return [];
  return people.persons.filter(is).flatMap(({ name, accounts = [] }) => accounts.map((account) => ({ ...account, person: name })));
}
