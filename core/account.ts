import type { ActorKind } from '#core/person.ts';

/** An account of a source. */
export interface Account {
  /** The stable id on the source. */
  readonly account: string;
  readonly name: string;
  /** As the source says; documents about people may know better. */
  readonly kind: ActorKind;
  /** Ids of the source's own groups (Gerrit: UUIDs) that it was seen in when the source was asked; absent where it was not. Not being seen in one proves nothing. */
  readonly groups?: readonly string[];
}
