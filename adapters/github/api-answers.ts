import { z } from 'zod';
import { fullCommitId } from '#core/commit-id.ts';

/**
 * What Headgate reads of GitHub's answers (docs.github.com REST API, version 2022-11-28): the fields that are used and no others.
 */
const id = z.string().regex(fullCommitId);
const user = z.object({ id: z.int().nonnegative(), login: z.string(), type: z.string().optional() });
export type User = z.infer<typeof user>;
const gitObject = z.object({ type: z.string(), sha: id });

export const Repository = z.object({ full_name: z.string() });
export const Ref = z.object({ ref: z.string(), object: gitObject });
export const Refs = z.array(Ref);
export const Tag = z.object({ object: gitObject });
export const TagSignature = z.object({
  verification: z.object({ signature: z.string().nullable(), payload: z.string().nullable() }).optional(),
});
export const Tags = z.array(z.object({ name: z.string(), commit: z.object({ sha: id }) }));

/** An empty object, or null, where GitHub knows nobody of that address. */
const userOfAddress = z.union([user, z.strictObject({}).transform(() => null)]).nullable();

const commit = z.object({
  sha: id,
  node_id: z.string(),
  commit: z.object({
    message: z.string(),
    verification: z.object({ verified: z.boolean(), signature: z.string().nullable(), payload: z.string().nullable() }).optional(),
  }),
  author: userOfAddress,
  committer: userOfAddress,
  parents: z.array(z.object({ sha: id })),
});
export type Commit = z.infer<typeof commit>;

const changedFile = z.object({
  filename: z.string(),
  status: z.string(),
  previous_filename: z.string().optional(),
  /** Of what the file holds now. */
  sha: z.string().nullable(),
  additions: z.int(),
  deletions: z.int(),
  /** Left out of binary and of very large files. */
  patch: z.string().optional(),
});
export type ChangedFile = z.infer<typeof changedFile>;
export const ChangedFiles = z.array(changedFile);
export const CommitFiles = z.object({ files: ChangedFiles.default([]) }).transform(({ files }) => files);

export const Standing = z.object({ status: z.enum(['ahead', 'behind', 'diverged', 'identical']) });
export const Comparison = Standing.extend({
  total_commits: z.int().nonnegative(),
  commits: z.array(commit),
  files: z.array(changedFile).optional(),
});
export type Comparison = z.infer<typeof Comparison>;

export const Tree = z.object({
  truncated: z.boolean(),
  tree: z.array(z.object({ path: z.string(), mode: z.string(), type: z.string(), sha: z.string() })),
});
export type Tree = z.infer<typeof Tree>;

/** A pull request as lists show it: who merged it is told of one alone. */
const pull = z.object({
  number: z.int().positive(),
  title: z.string(),
  user: user.nullable(),
  head: z.object({ sha: id }),
  base: z.object({ ref: z.string(), repo: z.object({ full_name: z.string() }).nullable() }),
  merged_at: z.string().nullable(),
  merge_commit_sha: id.nullable(),
});
export type Pull = z.infer<typeof pull>;
export const Pulls = z.array(pull);
export const Merged = z.object({ merged_by: user.nullable(), commits: z.int().nonnegative() });
export const PullCommits = z.array(commit);
export const PullEvents = z.array(z.object({ event: z.string(), created_at: z.iso.datetime({ offset: true }) }));

/** docs.github.com "List repository activities": forty zeros stand for nothing. */
export const Activities = z.array(z.object({ ref: z.string(), before: z.string(), after: z.string(), actor: user.nullable() }));

export const Permission = z.object({ permission: z.string(), user: z.object({ id: z.int().nonnegative() }).nullable() });

const review = z.object({
  node_id: z.string(),
  user: user.nullable(),
  state: z.string(),
  commit_id: z.string().nullable(),
  submitted_at: z.iso.datetime({ offset: true }).optional(),
});
export type Review = z.infer<typeof review>;
export const Reviews = z.array(review);

export const CheckRuns = z
  .object({ check_runs: z.array(z.object({ name: z.string(), conclusion: z.string().nullable() })) })
  .transform((answer) => answer.check_runs);

export const Hooks = z.array(z.object({ id: z.string(), config: z.object({ url: z.string().optional() }) }));

/** Ids as text: they are larger than what a number holds exactly. */
export const HookDeliveries = z.array(
  z.object({ id: z.string().regex(/^\d+$/), guid: z.string(), delivered_at: z.iso.datetime({ offset: true }) }),
);

export const HookDelivery = z.object({
  guid: z.string(),
  event: z.string(),
  url: z.string().optional(),
  delivered_at: z.iso.datetime({ offset: true }),
  request: z.object({ headers: z.record(z.string(), z.string()).nullable(), payload: z.record(z.string(), z.unknown()).nullable() }),
});
export type HookDelivery = z.infer<typeof HookDelivery>;
