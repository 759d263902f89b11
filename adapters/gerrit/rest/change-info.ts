import { z } from 'zod';

/** What is read of Gerrit's answers ("Change Endpoints", "Access Rights Endpoints", "Project Endpoints"; DETAILED_ACCOUNTS throughout). */

export const AccountInfo = z.object({
  _account_id: z.int(),
  name: z.string().optional(),
  username: z.string().optional(),
  /** `SERVICE_USER` for members of the group of that name. */
  tags: z.array(z.string()).optional(),
  inactive: z.boolean().optional(),
});
export type AccountInfo = z.infer<typeof AccountInfo>;

const ApprovalInfo = AccountInfo.extend({
  value: z.int().optional(),
  date: z.string().optional(),
  tag: z.string().optional(),
  post_submit: z.boolean().optional(),
});
export type ApprovalInfo = z.infer<typeof ApprovalInfo>;

const LabelInfo = z.object({
  all: z.array(ApprovalInfo).optional(),
  /** `-2`, ` 0`, `+1` → what it means. */
  values: z.record(z.string(), z.string()).optional(),
});
export type LabelInfo = z.infer<typeof LabelInfo>;

const FileInfo = z.object({
  /** Absent: modified. `R`: renamed from `old_path`, `C`: copied from it. */
  status: z.string().optional(),
  old_path: z.string().optional(),
});
export type FileInfo = z.infer<typeof FileInfo>;

const RevisionInfo = z.object({
  _number: z.int(),
  /** How it differs from the patch set before, by what Gerrit itself compares. */
  kind: z.string(),
  created: z.string(),
  uploader: AccountInfo,
  /** Whoever really uploaded it, where that was somebody else. */
  real_uploader: AccountInfo.optional(),
  /** Of the current one alone. */
  files: z.record(z.string(), FileInfo).optional(),
  commit: z.object({ parents: z.array(z.object({ commit: z.string() })) }).optional(),
});
export type RevisionInfo = z.infer<typeof RevisionInfo>;

const MessageInfo = z.object({
  author: AccountInfo.optional(),
  /** "Set only if the message was posted on behalf of another user." */
  real_author: AccountInfo.optional(),
  date: z.string(),
  message: z.string(),
  tag: z.string().optional(),
  _revision_number: z.int().optional(),
});
export type MessageInfo = z.infer<typeof MessageInfo>;

export const ChangeInfo = z.object({
  id: z.string(),
  _number: z.int().min(1),
  project: z.string(),
  branch: z.string(),
  subject: z.string(),
  /** `NEW`, `MERGED`, `ABANDONED`. */
  status: z.string(),
  topic: z.string().optional(),
  owner: AccountInfo,
  submitter: AccountInfo.optional(),
  submitted: z.string().optional(),
  submission_id: z.string().optional(),
  current_revision: z.string().optional(),
  revisions: z.record(z.string(), RevisionInfo).default({}),
  labels: z.record(z.string(), LabelInfo).default({}),
  submit_requirements: z.array(z.object({ name: z.string(), status: z.string() })).default([]),
  messages: z.array(MessageInfo).default([]),
  revert_of: z.int().min(1).optional(),
});
export type ChangeInfo = z.infer<typeof ChangeInfo>;

/** The last of a page says whether there are more. */
export const ChangePage = z.array(ChangeInfo.extend({ _more_changes: z.boolean().optional() }));

/** What a read-back asks of each change; of one by itself the files as well. */
export const changeOptions = [
  'ALL_REVISIONS',
  'CURRENT_COMMIT',
  'CURRENT_REVISION',
  'DETAILED_ACCOUNTS',
  'DETAILED_LABELS',
  'MESSAGES',
  'SUBMIT_REQUIREMENTS',
] as const;

export const fileOption = 'CURRENT_FILES';

export const BranchInfo = z.object({ ref: z.string(), revision: z.string() });

/** `access/?project=`: the revision of `refs/meta/config` that the rights were loaded from, also for those who may not read that ref. */
export const AccessInfos = z.record(z.string(), z.object({ revision: z.string().optional() }));

/** `check.access`: what somebody may do, whatever the status of the answer itself. */
export const AccessCheck = z.object({ status: z.int() });

export const GroupInfos = z.array(z.object({ id: z.string() }));

/** Timestamps are UTC, `2026-11-21 07:51:50.000000000`, without saying so ("REST API", Timestamp). Null for what is none. */
export function millisecondsOf(timestamp: string | undefined): number | null {
  const [, date, time] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,3})?)\d*$/.exec(timestamp ?? '') ?? [];
  const at = Date.parse(`${date}T${time}Z`);
  return Number.isNaN(at) ? null : at;
}

/** Gerrit leaves `refs/heads/` out of names of branches, and nothing else. */
export function refOfBranch(branch: string): string {
  return branch.startsWith('refs/') ? branch : `refs/heads/${branch}`;
}
