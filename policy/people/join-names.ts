import type { Person, Resolved } from '#core/person.ts';

/** What a rule makes of a name. */
export type Named =
  | { readonly rule: string; readonly person: Person }
  /** The rule says nothing of it. */
  | { readonly none: string }
  /** The rule would join what documents keep apart. */
  | { readonly conflict: string };

/**
 * One person of what documents say and what rules make of a name. They must not differ: a rule never gives an account away that a
 * document gives to somebody else, and an account that two rules give to two persons is nobody's.
 */
export function joinNames(owner: Person | undefined, named: readonly Named[], shown: string): Resolved {
  const conflict = named.find((one) => 'conflict' in one);
  if (conflict) return { unresolved: `${shown}: ${conflict.conflict}` };
  const derived = named.filter((one) => 'person' in one);
  const [first] = derived;
  const other = derived.find(({ person }) => person.name !== (owner ?? first?.person)?.name);
  if (other && owner) return { unresolved: `${shown} is ${owner.name}'s by a document, and ${other.person.name}'s by rule ${other.rule}` };
  if (other && first)
    return { unresolved: `${shown} is ${first.person.name}'s by rule ${first.rule}, and ${other.person.name}'s by rule ${other.rule}` };
  const person = owner ?? first?.person;
  if (person) return { person };
  const why = named.flatMap((one) => ('none' in one ? [one.none] : [])).join('; ');
  return { unresolved: `no document names ${shown}${why === '' ? '' : `, and ${why}`}` };
}

/** Whom a user name of an issuer means that no document mentions. No document can have such a name. */
export function derivedPerson(issuer: string, user: string): Person {
  return { name: `${issuer}:${user}`, kind: 'human', groups: [], leftAt: null };
}
