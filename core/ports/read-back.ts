import type { Account } from '#core/account.ts';
import type { ChangeReview } from '#core/review.ts';
import type { RefDoubt } from '#core/ref-doubt.ts';
import type { RepositoryFile } from '#core/repository-file.ts';
import type { SignedObject } from '#core/signature.ts';

/**
 * Reads the truth back from a source over an authenticated connection. A payload says where to look; this says what is there.
 * Commits are full object ids. Every call is bounded in time and size and rejects with
 * SOURCE_UNREACHABLE (out of reach, slow, broken), SOURCE_LIMITED (asked too often) or SOURCE_REFUSED (credentials, rights,
 * no such repository): all of them are worth trying again later, none of them means that anything is unconfirmed.
 * SOURCE_LAGGING says that the source does not show yet what it has just announced: it is asked again in a moment, for a bounded time
 * (limits.readBack.lagFor), and its answer is believed then. `heads` never rejects with it; `movers` may whenever it cannot tell yet.
 */
export interface ReadBack {
  /** How it asks. */
  readonly by: 'api' | 'git' | 'hgweb' | 'clone';
  /** Loads what the first question would have to wait for otherwise. Asks nothing. */
  prepare?(): Promise<void>;
  /** What full refs (of Mercurial typed ones) point at now; null for a ref that does not exist. Every ref that was asked for has an entry. */
  heads(repository: string, refs: readonly string[]): Promise<ReadonlyMap<string, RefHead | null>>;
  /**
   * Every tag of the repository by full ref (`refs/tags/v1`). Where tags are read on a branch (Mercurial): those that a pattern of typed tags names
   * (core/tag-pattern.ts), the one that moved last at the end, without the doubts that `heads` tells of a single tag.
   */
  tags(repository: string, pattern?: string): Promise<ReadonlyMap<string, RefHead>>;
  /** Whether `ancestor` is `descendant` or lies in its history; undefined when the source knows one of them no more. */
  isAncestor(repository: string, ancestor: string, descendant: string): Promise<boolean | undefined>;
  /** What differs between two commits. @param question what must be known beyond what people are shown; costs more calls */
  range(repository: string, base: string, head: string, question?: RangeQuestion): Promise<RangeFacts>;
  /**
   * What a tag carries as its signature; null when it carries none, undefined when the source knows no such tag.
   * @param object RefHead.object: the annotated tag, or the changeset that brought the tag
   * @param ref full ref of the tag: without it one of Mercurial is not known
   */
  tag?(repository: string, object: string, ref?: string): Promise<SignedObject | null | undefined>;
  /**
   * Who moved a branch to `after`, by the source's own record of movements: all of them since `before`, the last one alone where that is null.
   * Undefined when the source does not name each of them; absent where it never does.
   */
  movers?(repository: string, ref: string, before: string | null, after: string): Promise<readonly Account[] | undefined>;
}

/** What policies ask of every commit of a range. */
export interface RangeQuestion {
  /** The branch that it came to, full: only pull requests that were merged into this very one count. */
  readonly ref: string;
  /** Who had a hand in each commit, which pull request verifiably brought it, and what its reviewers may do. */
  readonly reviews: boolean;
  /** What each commit carries as its signature. */
  readonly signatures: boolean;
  /** The rules about code owners, read at the base. */
  readonly owners: boolean;
  /**
   * The head was announced a moment ago. Where the source may not show yet what belongs to it (Gerrit: a change that is not MERGED yet), it
   * rejects with SOURCE_LAGGING then; absent: what it shows is the answer.
   */
  readonly fresh?: true;
}

export interface RefHead {
  /** What the ref itself points at: differs from `commit` for an annotated tag. */
  readonly object: string;
  readonly commit: string;
  /** Why it cannot be taken for what people mean by the ref: policies deny it then. Absent where nothing is in doubt. */
  readonly doubts?: readonly RefDoubt[];
}

/** What lies between two commits, as far as the source could tell within the bounds. */
export interface RangeFacts {
  readonly base: string;
  readonly head: string;
  /** Commits that `head` has and `base` has not, newest first; the newest only when there are too many. */
  readonly commits: readonly RangeCommit[];
  /** How many there are; null when that is not known. */
  readonly commitCount: number | null;
  /** Paths that differ between the two trees, sorted; both names of a renamed file. */
  readonly files: readonly string[];
  readonly pulls: readonly PullFacts[];
  readonly checks: readonly CheckFacts[];
  /** `ahead`: the base is in the history of the head. `back`: the head is in the history of the base. Null when that is not known. */
  readonly course: 'ahead' | 'back' | 'diverged' | 'same' | null;
  /** The rules about code owners at the base; null where there are none, or when they were not asked for. */
  readonly owners: RepositoryFile | null;
  /** What was asked beyond what people are shown; null when nothing was. */
  readonly question: RangeQuestion | null;
  /** What was asked for and could not be learned, or not completely. */
  readonly lacked: readonly RangeLack[];
}

/** `coverage`: which pull request brought each commit, who had a hand in it, and what reviewers may do. */
export type RangeLack = 'commits' | 'files' | 'pulls' | 'reviews' | 'checks' | 'coverage' | 'signatures' | 'owners';

export interface RangeCommit {
  readonly id: string;
  /** First line of the message: for people, it proves nothing. */
  readonly title: string;
  /** The source's account of its author, where the source knows one. Text of the commit itself never counts. */
  readonly account: string | null;
  /**
   * Whoever had a hand in it: author, committer (but for the forge itself), co-authors. Null stands for one whom the source cannot name.
   * Empty when it was not asked for.
   */
  readonly hands: readonly (Account | null)[];
  /**
   * Number of the merged pull request that brought exactly this commit to the branch, as far as that is verified: it is one of the
   * pull request's own, or the source itself made it of them (squash, rebase, merge). Null when none did or nobody asked.
   */
  readonly broughtBy: number | null;
  /** What it carries as its signature; null when it carries none, or when nobody asked. */
  readonly signed: SignedObject | null;
}

/** A pull request that brought commits of the range. Accounts are numeric ids of the source with their names. */
export interface PullFacts {
  readonly number: number;
  readonly title: string;
  readonly author: Account | null;
  readonly mergedBy: Account | null;
  /** Full ref that it was merged into; null when that is not known. */
  readonly base: string | null;
  /** The commit that was merged. */
  readonly head: string;
  /** Oldest first. */
  readonly reviews: readonly ReviewFacts[];
  /** Votes and submit requirements; absent where the source has none. Then `reviews` is empty: which votes are a review is for policy to say. */
  readonly review?: ChangeReview;
}

export interface ReviewFacts {
  readonly by: Account | null;
  /** The source's word for what it is now; a review that counts is `APPROVED`, one that stands against it `CHANGES_REQUESTED`. */
  readonly state: string;
  /** What was reviewed; null when that is not known, or when it was compared with another base than it was merged into. */
  readonly commit: string | null;
  readonly at: number | null;
  /** Whether whoever gave it may write to the repository; null when that is not known, or nobody asked. */
  readonly canWrite: boolean | null;
}

export interface CheckFacts {
  readonly name: string;
  /** `success`, `failure`, … ; null while it runs. */
  readonly conclusion: string | null;
}
