import type { PullFacts, RangeFacts } from '#core/ports/read-back.ts';
import type { ChangeReview, Vote } from '#core/review.ts';
import { account, commit, DAY, decideRange, pull } from './range-samples.ts';
import type { PolicySpec, Situation } from './samples.ts';

export const SUBMITTED = 2 * DAY;

/** Code-Review+2 of ada, a day before the submit. */
export function vote(fields: Partial<Vote> = {}): Vote {
  return {
    label: 'Code-Review',
    value: 2,
    range: { min: -2, max: 2 },
    by: account('ada'),
    at: DAY,
    postSubmit: false,
    automatic: false,
    onBehalf: false,
    onSubmitted: true,
    ...fields,
  };
}

/** What Gerrit has of a change that satisfied its only requirement that applied. */
export function changeReview(fields: Partial<ChangeReview> = {}): ChangeReview {
  return {
    id: 'org%2Fapp~12',
    url: 'https://hub/c/org/app/+/12',
    owner: account('bob'),
    uploader: account('bob'),
    submitter: account('bob'),
    submittedAt: SUBMITTED,
    submission: '12',
    topic: null,
    requirements: [
      { name: 'Code-Review', status: 'satisfied' },
      { name: 'No-Unresolved-Comments', status: 'not-applicable' },
    ],
    votes: [vote()],
    reverts: null,
    rules: 'f'.repeat(40),
    ...fields,
  };
}

/** Change 12 of bob, approved by ada and submitted by bob. */
export function submitted(fields: Partial<ChangeReview> = {}, of: Partial<PullFacts> = {}): PullFacts {
  return pull({ reviews: [], review: changeReview(fields), ...of });
}

/** One commit that one change brought. */
export function brought(fields: Partial<ChangeReview> = {}, of: Partial<PullFacts> = {}): Partial<RangeFacts> {
  return { commits: [commit()], pulls: [submitted(fields, of)] };
}

/** Decides a submit of bob, of a source that has votes, by one policy. */
export function decideSubmit(spec: PolicySpec, given: Partial<RangeFacts> = brought(), situation: Situation = {}) {
  return decideRange(spec, given, { votes: true, ...situation });
}
