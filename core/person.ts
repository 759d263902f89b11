import type { Subject } from '#core/subject.ts';

/** What stands behind an account. Only a `human` counts as a reviewer. */
export type ActorKind = 'human' | 'bot' | 'agent' | 'unknown';

/** One human, bot or agent, joined by documents from accounts on sources and from subjects. */
export interface Person {
  /** `metadata.name` of the document; of a rule, the name that it derives (`corp:jane`). Stable: it stands in decisions. */
  readonly name: string;
  readonly kind: Exclude<ActorKind, 'unknown'>;
  /** Of the documents, by name. */
  readonly groups: readonly string[];
  /** When they left, milliseconds since the epoch; null while they are here. Whoever has left is nobody's reviewer: `isHere`. */
  readonly leftAt: number | null;
  /** Accounts that are known to be theirs: of documents, and the one that they were found by. Absent: none. */
  readonly accounts?: readonly AccountRef[];
  /** Groups of a source (`review:UUID`) that it saw the account in by which they were found. Absent: none. */
  readonly seenIn?: readonly string[];
  /** Groups that the claims of the token put them in by which they were found, and until when that counts. */
  readonly claimed?: { readonly groups: readonly string[]; readonly until: number };
}

/** An account by its stable id on a source (GitHub: the numeric user id). */
export interface AccountRef {
  readonly source: string;
  readonly account: string;
}

/** A public key that a person lists as theirs. */
export interface PersonKey {
  /** Name of the person. */
  readonly person: string;
  readonly kind: 'openpgp' | 'ssh';
  /** As core/signature.ts writes it: of the primary key. */
  readonly fingerprint: string;
  /** `openpgp`: one armoured public key; `ssh`: `ssh-ed25519 AAAA…`, as a line of authorized_keys without options. */
  readonly text: string;
}

/** A person, or in words why nobody is known to be meant. Unresolved is never proven distinct from anybody. */
export type Resolved = { readonly person: Person } | { readonly unresolved: string };

/** Who is who, as documents and directories say at one moment. Pure. */
export interface People {
  /** SHA-256 over everything that resolving rests on: it stands in decisions. */
  readonly hash: string;
  /** Every key that somebody lists. */
  readonly keys: readonly PersonKey[];
  /**
   * @param account the stable id on the source, null when the source names none; and the name, which counts only where a rule says that
   *   an identity provider manages the names of that source. An Actor and an Account are such; the groups that the source saw it in are theirs then.
   */
  ofAccount(
    source: string,
    account: { readonly account: string | null; readonly name: string; readonly groups?: readonly string[] } | null,
  ): Resolved;
  ofSubject(subject: Pick<Subject, 'iss' | 'sub' | 'issuer' | 'claims'>): Resolved;
  /** Whoever lists this key as theirs. @param fingerprint as core/signature.ts writes it */
  ofKey(fingerprint: string): Resolved;
  /** Whether a person is in a group of the documents, of a source's teams (`hub:org/team`) or of its groups (`review:UUID`), as far as that is known at `now`. Leavers are in none. */
  isIn(person: Person, group: string, now: number): boolean;
  /** Every group of the documents that a person is in at `now`, sorted. */
  groupsOf(person: Person, now: number): readonly string[];
  /** In words, why it is not known completely who is in a group: there is none, or its team was not read lately. Null when it is known. */
  doubt(group: string, now: number): string | null;
}

/** Whether somebody has not left. */
export function isHere({ leftAt }: Person, now: number): boolean {
  return leftAt === null || now < leftAt;
}

/**
 * What an account is, by what its source says and by whom it was found to be. Documents know better than the source, but what the source
 * calls a bot never is human, and nobody is human for being unknown.
 */
export function kindOf(said: ActorKind, resolved: Resolved): ActorKind {
  if ('unresolved' in resolved) return said;
  return said === 'bot' && resolved.person.kind === 'human' ? 'bot' : resolved.person.kind;
}
