import type { Actor } from '#core/actor.ts';
import type { ChangeAction } from '#core/delivery.ts';
import type { CheckFacts, PullFacts, RangeLack, ReadBack } from '#core/ports/read-back.ts';
import type { RefDoubt } from '#core/ref-doubt.ts';
import type { ChangeReview } from '#core/review.ts';
import type { Subject } from '#core/subject.ts';
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
  /** Whoever asked for it with a token that was verified; absent when a source told of it, or the operator asked. */
  readonly subject?: Subject;
  /** Id of a newer change of the same ref that was known when this one was handled: it came late. */
  readonly lateFor: string | null;
  /** Clusters whose content was not known yet when this change was matched; it is matched there once they answer. */
  readonly owed: readonly string[];
  /** What the source said when it was asked; null when it is not asked (`readBack: none`). */
  readonly readBack: ReadBackRecord | null;
}

/**
 * Where a change's revision stood on its ref when the source was asked. `head`: the ref led to it. `behind`: it is in the
 * history of the ref's head. `off`: it is not (any more): rebased away, forced over, never there. `gone`: there is no such ref.
 * `present`: the ref exists although the change says that it was deleted. `unasked`: one of many older ones, not asked for.
 */
export type Standing = 'head' | 'behind' | 'off' | 'gone' | 'present' | 'unasked';

/** What a source said about a change. */
export interface ReadBackRecord {
  readonly by: ReadBack['by'];
  /** When it was asked, milliseconds since the epoch. */
  readonly at: number;
  /** The commit that the ref led to; null when there was no such ref. */
  readonly head: string | null;
  readonly standing: Standing;
  /** As RefHead.doubts, of the head. */
  readonly doubts?: readonly RefDoubt[];
  /** What came since the last revision that was allowed; null when nothing matched, or nothing had been there before. */
  readonly range: RangeRecord | null;
}

/** A range as it is kept: counts and the first few paths; matching saw all of them. */
export interface RangeRecord {
  readonly base: string;
  readonly commits: number | null;
  readonly files: number;
  readonly firstFiles: readonly string[];
  readonly pulls: readonly PullFacts[];
  /** Further changes of a review system, in short; absent where there are none. */
  readonly morePulls?: readonly BriefPull[];
  readonly checks: readonly CheckFacts[];
  readonly lacked: readonly RangeLack[];
}

/** A change of a review system of which no more is kept than whom to tell, and what evidence needs. */
export interface BriefPull extends Pick<PullFacts, 'number'> {
  readonly review: Pick<ChangeReview, 'id' | 'submittedAt' | 'reverts'>;
}

/** A source object of the same repository that this change does not bring anywhere, and why. */
export interface Candidate {
  readonly target: TargetRef;
  /** Stable slug, for example `other-ref`. */
  readonly reason: CandidateReason;
  /** The same in words, with the values that were compared. */
  readonly message: string;
}

export type CandidateReason =
  | 'other-ref'
  | 'pinned'
  | 'semver-mismatch'
  | 'semver-keeps-newer'
  | 'semver-invalid'
  | 'ref-deleted'
  | 'late'
  | 'not-head';

/** Whether a change says what its ref leads to: a request moves nothing, late news is past, and what the source denies is not so. */
export function movesHead({ action, lateFor, readBack }: Pick<Change, 'action' | 'lateFor' | 'readBack'>): boolean {
  if (action === 'requested' || lateFor !== null) return false;
  return readBack === null || readBack.standing === 'head' || (readBack.standing === 'gone' && action === 'deleted');
}
