import type { Change } from '#core/change.ts';
import { kindOf, type ActorKind, type People, type Resolved } from '#core/person.ts';

/** Somebody who was seen in changes, and who that is. */
export interface SeenActor {
  /** Where the account is; null for a subject. */
  readonly source: string | null;
  /** Whose token it was; null for an account. */
  readonly issuer: string | null;
  /** Id of the account, or `sub`; null when the source names none. */
  readonly account: string | null;
  readonly name: string;
  readonly kind: ActorKind;
  /** What they did: `pusher`, `sender`, `requester`, `author`, `merger`, `reviewer`, `subject`. */
  readonly roles: readonly string[];
  /** Name of the person; null when nobody is known to be meant. */
  readonly person: string | null;
  /** Why it is not known who is meant; null when it is. */
  readonly unresolved: string | null;
  /** How many of the changes that were looked through. */
  readonly changes: number;
  /** Milliseconds since the epoch. */
  readonly lastSeenAt: number;
}

interface Sighting extends Pick<SeenActor, 'source' | 'issuer' | 'account' | 'name' | 'kind'> {
  readonly role: string;
  readonly resolved: Resolved;
}

/** Everybody who took part in changes, once each, the one who was seen last first. @param changes newest first */
export function seenActors(changes: readonly Change[], people: People): readonly SeenActor[] {
  const seen = new Map<string, Omit<SeenActor, 'changes'>>();
  const changesOf = new Map<string, Set<string>>();
  for (const change of changes) {
    for (const sighting of sightingsIn(change, people)) {
      const { source, issuer, account, name, kind, role, resolved } = sighting;
      const key = JSON.stringify([source, issuer, account ?? name, account === null]);
      const before = seen.get(key);
      changesOf.set(key, (changesOf.get(key) ?? new Set()).add(change.id));
      const roles = [...new Set([...(before?.roles ?? []), role])].toSorted();
      const person = 'person' in resolved ? resolved.person.name : null;
      const unresolved = 'person' in resolved ? null : resolved.unresolved;
      const first = before ?? { source, issuer, account, name, kind, person, unresolved, lastSeenAt: change.at };
      seen.set(key, { ...first, roles });
    }
  }
  return [...seen].map(([key, actor]) => ({ ...actor, changes: changesOf.get(key)?.size ?? 0 }));
}

function sightingsIn(change: Change, people: People): readonly Sighting[] {
  const { source, actors, subject, readBack } = change;
  const account = (role: string, who: Parameters<People['ofAccount']>[1] & { readonly kind: ActorKind }): Sighting => {
    const resolved = people.ofAccount(source, who);
    return { source, issuer: null, account: who.account, name: who.name, kind: kindOf(known(who.kind), resolved), role, resolved };
  };
  const involved = (readBack?.range?.pulls ?? []).flatMap(({ author, mergedBy, reviews, review }) => [
    ...(author ? [account('author', author)] : []),
    ...(mergedBy ? [account('merger', mergedBy)] : []),
    ...(review?.uploader ? [account('uploader', review.uploader)] : []),
    ...[...reviews, ...(review?.votes ?? [])].flatMap(({ by }) => (by ? [account('reviewer', by)] : [])),
  ]);
  return [...actors.map((actor) => account(actor.role, actor)), ...involved, ...(subject ? [asSubject(subject, people)] : [])];
}

function asSubject(subject: NonNullable<Change['subject']>, people: People): Sighting {
  const resolved = people.ofSubject(subject);
  const kind = 'person' in resolved ? resolved.person.kind : 'unknown';
  return { source: null, issuer: subject.issuer, account: subject.sub, name: subject.sub, kind, role: 'subject', resolved };
}

/** Changes that an older version wrote say nothing of what reviewers are. */
function known(kind: ActorKind | undefined): ActorKind {
  return kind ?? 'unknown';
}
