import type { PullFacts } from '#core/ports/read-back.ts';
import type { SubmitRequirement } from '#core/review.ts';
import { accountOf } from './account-of.ts';
import { millisecondsOf, refOfBranch, type ChangeInfo } from './change-info.ts';
import { PatchSets } from './patch-sets.ts';
import { changeId } from './paths.ts';
import { votesOf } from './votes.ts';

/** "Change Endpoints", SubmitRequirementResultInfo.status. What is not known there was not satisfied. */
const statuses: Readonly<Record<string, SubmitRequirement['status']>> = {
  SATISFIED: 'satisfied',
  NOT_APPLICABLE: 'not-applicable',
  OVERRIDDEN: 'overridden',
  FORCED: 'forced',
  UNSATISFIED: 'unsatisfied',
};

/**
 * What a merged change tells, without groups.
 * @param url of Gerrit
 * @param rules what `refs/meta/config` led to; null when that is not known
 */
export function pullOf(change: ChangeInfo, { url, rules }: { readonly url: string; readonly rules: string | null }): PullFacts {
  const { _number: number, project, subject, current_revision: head = '', topic } = change;
  const patchSets = new PatchSets(change);
  const owner = accountOf(change.owner);
  const submitter = change.submitter ? accountOf(change.submitter) : null;
  return {
    number,
    title: subject,
    author: owner,
    mergedBy: submitter,
    base: refOfBranch(change.branch),
    head,
    reviews: [],
    review: {
      id: changeId(project, number),
      url: `${url.replace(/\/+$/, '')}/c/${project.split('/').map(encodeURIComponent).join('/')}/+/${number}`,
      owner,
      uploader: patchSets.uploader(),
      submitter,
      submittedAt: millisecondsOf(change.submitted),
      submission: change.submission_id ?? null,
      topic: topic ?? null,
      requirements: change.submit_requirements.map(({ name, status }) => ({ name, status: statuses[status] ?? 'error' })),
      votes: votesOf(change, patchSets),
      reverts: change.revert_of ?? null,
      rules,
    },
  };
}
