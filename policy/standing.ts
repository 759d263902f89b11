import type { Actor } from '#core/actor.ts';
import type { Change } from '#core/change.ts';
import { isHere, type Resolved } from '#core/person.ts';
import type { DecisionInput } from '#policy/decision-input.ts';
import { soundRange, submitsGround } from '#policy/sound-range.ts';

/** Who pushed, by the source's word, and who that is. */
export interface Pusher {
  readonly actor: Pick<Actor, 'account' | 'name' | 'kind' | 'groups'>;
  readonly resolved: Resolved;
}

/**
 * Null: no one is known to have pushed it. A sweep finds what is there, and may name several who did by and by: then it is no one's push.
 * A request pushes nothing, and names who did only where that was heard of.
 */
export function pusherOf({ change, policies: { people } }: Pick<DecisionInput, 'change' | 'policies'>): Pusher | null {
  const [actor, ...others] = pushersIn(change);
  return actor && others.length === 0 ? { actor, resolved: people.ofAccount(change.source, actor) } : null;
}

/**
 * Everybody whom a rule about pushers is about, or in words why nobody is known. Where changes come with votes these are, beside whoever moved the
 * branch, all who submitted one since the last allowed revision: a submit of somebody else brings along what was submitted before it.
 */
export function allPushers(input: DecisionInput): readonly Pusher[] | string {
  const { change, policies } = input;
  const submitters = input.votes ? submittersIn(input) : null;
  if (typeof submitters === 'string') return submitters;
  const last = pusherOf(input);
  if (submitters === null) return last ? [last] : whyNoPusher(change);
  const by = new Map([...pushersIn(change), ...submitters].map((one) => [one.account, one]));
  const all = [...by.values()].map((actor) => ({ actor, resolved: policies.people.ofAccount(change.source, actor) }));
  return all.length === 0 ? whyNoPusher(change) : all;
}

/** Null where a commit was brought by no change, so that whoever moved the branch brought it. */
function submittersIn(input: DecisionInput): readonly Pusher['actor'][] | null | string {
  const sound = soundRange(input, submitsGround);
  if ('code' in sound) return sound.message;
  const { commits, pulls } = sound.facts;
  if (commits.some(({ broughtBy }) => broughtBy === null)) return null;
  const submitters = commits.map(({ broughtBy }) => pulls.find(({ number }) => number === broughtBy)?.mergedBy);
  const known = submitters.flatMap((one) => one ?? []);
  return known.length === submitters.length ? known : `${input.change.source} does not name everybody who submitted it`;
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
export function whyNoPusher({ action, source, actors }: Pick<Change, 'action' | 'source' | 'actors'>): string {
  const several = pushersIn({ actors });
  if (several.length > 1) return `several accounts pushed it by and by: ${several.map(({ name }) => name).join(', ')}`;
  return action === 'requested' ? 'it was asked for, and no push of it was heard of' : `${source} names nobody who pushed it`;
}

function pushersIn({ actors }: Pick<Change, 'actors'>): readonly Actor[] {
  return actors.filter(({ role }) => role === 'pusher');
}
