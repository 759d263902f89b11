import type { BriefPull, RangeRecord } from './change.ts';
import type { TargetRef } from './target.ts';

/** A change of a review system that came with a change of ours: where its content runs, and what takes it back. */
export interface Brought {
  /** Its number on the source. */
  readonly number: number;
  /** Milliseconds since the epoch; null when the source does not say. */
  readonly submittedAt: number | null;
  /** Where it came to run, each target once. */
  readonly deployments: readonly Deployment[];
  /** The one that it reverts; null when it reverts none. */
  readonly reverts: Pairing | null;
  /** Those that revert it, the newest first. */
  readonly revertedBy: readonly Pairing[];
}

/** The first revision that holds a change of a review system came to run at a target. */
export interface Deployment {
  readonly target: TargetRef;
  /** When it was seen to run, milliseconds since the epoch. */
  readonly at: number;
  /** The change of ours that brought this revision: a later one where it took the place of the first before that ran. */
  readonly change: string;
}

/** The other one of a change and its revert. */
export interface Pairing {
  readonly number: number;
  /** The newest change of ours that it came with; null when none is known (any more). */
  readonly change: string | null;
  /** Where the reverted one of the two ran without the other. Empty: nowhere. */
  readonly ran: readonly Ran[];
}

/** From when until when the content of a change ran at a target before it was taken back. */
export interface Ran {
  readonly target: TargetRef;
  readonly deployedAt: number;
  /** Null while what reverts it does not run there. */
  readonly revertedAt: number | null;
}

/** What is on record, with each decision, of a change of a review system that came in its range. Fields in order of their names. */
export interface SubmittedChange {
  /** Its id on the source: `org%2Fapp~42`. */
  readonly change: string;
  /** The number of the one that it reverts. */
  readonly reverts: number | null;
  /** Milliseconds since the epoch. */
  readonly submittedAt: number | null;
}

/** Those of a range that went through a review system with votes. */
export function submittedIn(range: BroughtRange | null | undefined): readonly SubmittedChange[] {
  return changesIn(range).map(({ review: { id, reverts, submittedAt } }) => ({ change: id, reverts, submittedAt }));
}

/** The same as far as anybody can be told of them: each once, the newest first. */
export function changesIn(range: BroughtRange | null | undefined): readonly BriefPull[] {
  const reviewed = (range?.pulls ?? []).flatMap(({ number, review }) => (review ? [{ number, review }] : []));
  return [...new Map([...reviewed, ...(range?.morePulls ?? [])].map((pull) => [pull.number, pull])).values()];
}

type BroughtRange = Pick<RangeRecord, 'pulls' | 'morePulls'>;

/** Of those that are not shown one by one, in words; null where all are. */
export function sayMoreBrought(range: {
  readonly morePulls?: readonly { readonly number: number }[];
  readonly lacked: readonly string[];
}): string | null {
  const { morePulls = [], lacked } = range;
  const unknown = lacked.includes('pulls') ? 'there may be more, past what is looked at' : null;
  if (morePulls.length === 0) return unknown;
  const numbers = morePulls.map(({ number }) => number).join(', ');
  return `and ${morePulls.length} more: ${numbers}${unknown === null ? '' : `; ${unknown}`}`;
}
