import type { GerritAccount } from '#sandbox/gerrit/account.ts';

/** A name and address in a commit. */
export interface Ident {
  readonly name: string;
  readonly email: string;
}

export type PatchSetKind = 'REWORK' | 'TRIVIAL_REBASE' | 'NO_CODE_CHANGE' | 'NO_CHANGE';

export interface PatchSet {
  readonly number: number;
  readonly revision: string;
  readonly parents: readonly string[];
  readonly ref: string;
  readonly uploader: GerritAccount;
  readonly author: Ident;
  /** Milliseconds since the epoch, like every moment here. */
  readonly created: number;
  readonly kind: PatchSetKind;
  readonly message: string;
  readonly insertions: number;
  readonly deletions: number;
  readonly description?: string;
}

export interface ChangeVote {
  readonly label: string;
  readonly value: number;
  readonly account: GerritAccount;
  readonly at: number;
  /** Number of the patch set that it is on. */
  readonly patchSet: number;
  readonly tag?: string;
  readonly postSubmit: boolean;
}

export interface ChangeMessage {
  readonly id: string;
  readonly author: GerritAccount | undefined;
  /** Who really wrote it, when `author` was spoken for (`on_behalf_of`). */
  readonly realAuthor?: GerritAccount;
  readonly at: number;
  readonly message: string;
  readonly tag?: string;
  readonly patchSet: number;
}

export interface RequirementResult {
  readonly name: string;
  readonly description: string;
  readonly status: string;
  readonly expression: string;
  readonly fulfilled: boolean;
}

export interface Change {
  readonly number: number;
  /** `I…`. */
  readonly changeId: string;
  readonly project: string;
  /** Short name. */
  readonly branch: string;
  readonly owner: GerritAccount;
  readonly created: number;
  readonly revertOf?: number;
  subject: string;
  topic?: string;
  hashtags: string[];
  status: 'NEW' | 'MERGED' | 'ABANDONED';
  updated: number;
  submitted?: number;
  submitter?: GerritAccount;
  submissionId?: string;
  workInProgress: boolean;
  isPrivate: boolean;
  /** Closed by the push of its commit, without a submit. */
  autoClosed: boolean;
  /** What held when it was submitted; absent while it is open. */
  requirements?: readonly RequirementResult[];
  /** Requirement → status that stands whatever the votes say, such as `OVERRIDDEN`. */
  readonly overrides: Map<string, string>;
  readonly patchSets: PatchSet[];
  readonly votes: ChangeVote[];
  readonly messages: ChangeMessage[];
  readonly reviewers: Set<GerritAccount>;
  /** Tip of `refs/changes/NN/N/meta`. */
  meta: string;
  /** How many reads still see it as it was before it was merged. */
  stale: number;
}

export function currentPatchSet(change: Change): PatchSet {
  const last = change.patchSets.at(-1);
  if (last === undefined) throw new Error(`change ${change.number} has no patch set`);
  return last;
}

/** `refs/changes/NN/N`, NN being the last two digits. */
export function changeRef(number: number): string {
  return `refs/changes/${String(number % 100).padStart(2, '0')}/${number}`;
}

/** The votes that stand: those on the current patch set, the last of each account and label. */
export function standingVotes(change: Change): readonly ChangeVote[] {
  const patchSet = currentPatchSet(change).number;
  const last = new Map<string, ChangeVote>();
  for (const vote of change.votes) if (vote.patchSet === patchSet) last.set(`${vote.label} ${vote.account.id}`, vote);
  return [...last.values()].filter((vote) => vote.value !== 0);
}
