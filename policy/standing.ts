import type { Actor } from '#core/actor.ts';
import type { Change } from '#core/change.ts';
import { isHere, type Resolved } from '#core/person.ts';
import type { DecisionInput } from '#policy/decision-input.ts';

/** Who pushed, by the source's word, and who that is. */
export interface Pusher {
  readonly actor: Actor;
  readonly resolved: Resolved;
}

/** Null: nobody is known to have pushed. A sweep finds what is there, and a request pushes nothing. */
export function pusherOf({ change, policies: { people } }: Pick<DecisionInput, 'change' | 'policies'>): Pusher | null {
  const actor = change.actors.find(({ role }) => role === 'pusher');
  return actor ? { actor, resolved: people.ofAccount(change.source, actor) } : null;
}

/** Who the verified subject is; null when there is none. */
export function subjectPersonOf({
  identities: { subject },
  policies: { people },
}: Pick<DecisionInput, 'identities' | 'policies'>): Resolved | null {
  return subject && people.ofSubject(subject);
}

/** A name for facts and expressions: whoever has left stands for nothing any more. */
export function nameOf(resolved: Resolved, now: number): { readonly name: string } | { readonly unresolved: string } {
  if ('unresolved' in resolved) return resolved;
  const { person } = resolved;
  return isHere(person, now) ? { name: person.name } : { unresolved: `${person.name} has left` };
}

/** Why a change has no pusher. */
export function whyNoPusher({ action, source }: Pick<Change, 'action' | 'source'>): string {
  return action === 'requested' ? 'it was asked for, and nobody pushed it' : `${source} names nobody who pushed it`;
}
