import type { ActorKind } from '#core/person.ts';

/** Who did something on a source: that source's claim, not a verified identity. */
export interface Actor {
  readonly role: 'pusher' | 'sender' | 'requester';
  /** The account's stable id on the source (GitHub: the numeric user id), null when the source names none. */
  readonly account: string | null;
  /** The account's name, for people to read. */
  readonly name: string;
  readonly kind: ActorKind;
  /** As Account.groups. */
  readonly groups?: readonly string[];
  /** Whose word it is where a subject brought it whom we verified: the host of the repositories, in words (`describeSubject`). */
  readonly assertedBy?: string;
}
