import type { Subject } from '#core/subject.ts';

/** What stands behind an account. Only a `human` counts as a reviewer. */
export type ActorKind = 'human' | 'bot' | 'agent' | 'unknown';

/** One human, bot or agent, joined by documents from accounts on sources and from subjects. */
export interface Person {
  /** `metadata.name` of the document; of a rule, the name that it derives. Stable: it stands in decisions. */
  readonly name: string;
  readonly kind: Exclude<ActorKind, 'unknown'>;
  /** Of the documents, by name. */
  readonly groups: readonly string[];
  /** When they left, milliseconds since the epoch; null while they are here. Whoever has left is nobody's reviewer. */
  readonly leftAt: number | null;
}

/** A person, or in words why nobody is known to be meant. Unresolved is never proven distinct from anybody. */
export type Resolved = { readonly person: Person } | { readonly unresolved: string };

/** Who is who, as documents and directories say at one moment. Pure. */
export interface People {
  /** SHA-256 over everything that resolving rests on: it stands in decisions. */
  readonly hash: string;
  /** @param account the stable id on the source; null when the source names none */
  ofAccount(source: string, account: string | null): Resolved;
  ofSubject(subject: Pick<Subject, 'iss' | 'sub' | 'issuer' | 'claims'>): Resolved;
  /** Whoever lists this key as theirs. @param fingerprint as core/signature.ts writes it */
  ofKey(fingerprint: string): Resolved;
  /** Whether a person is in a group of the documents or of a source's teams (`hub:org/team`), as far as that is known at `now`. */
  isIn(person: Person, group: string, now: number): boolean;
}
