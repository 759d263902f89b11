import type { Actor } from '#core/actor.ts';
import type { ChangeAction } from '#core/delivery.ts';
import type { TargetRef } from '#core/target.ts';

/** What happened to one ref of one repository, as far as it could be confirmed. */
export interface Change {
  readonly id: string;
  /** The delivery that it derives from. */
  readonly delivery: string;
  readonly source: string;
  readonly repository: string;
  readonly ref: string;
  readonly action: ChangeAction;
  readonly before: string | null;
  readonly after: string | null;
  /** The commit to deploy; null for a deletion, and for a request that names none (then the head is meant). */
  readonly revision: string | null;
  /** Whether the source itself confirmed it (`readBack`). */
  readonly confirmed: boolean;
  /** When it happened by the source's clock, null when unknown. */
  readonly occurredAt: number | null;
  /** When Headgate received the delivery. */
  readonly receivedAt: number;
  /** When this change was derived. */
  readonly at: number;
  readonly actors: readonly Actor[];
  /** Id of a newer change of the same ref that was known when this one was handled: it came late. */
  readonly lateFor: string | null;
  /** Clusters whose content was not known yet when this change was matched; it is matched there once they answer. */
  readonly owed: readonly string[];
}

/** A source object of the same repository that this change does not bring anywhere, and why. */
export interface Candidate {
  readonly target: TargetRef;
  /** Stable slug, for example `other-ref`. */
  readonly reason: CandidateReason;
  /** The same in words, with the values that were compared. */
  readonly message: string;
}

export type CandidateReason = 'other-ref' | 'pinned' | 'semver-mismatch' | 'semver-keeps-newer' | 'semver-invalid' | 'ref-deleted' | 'late';
