/**
 * Reads the truth back from a source over an authenticated connection. A payload says where to look; this says what is there.
 * Commits are full object ids. Every call is bounded in time and size and rejects with
 * SOURCE_UNREACHABLE (out of reach, slow, broken), SOURCE_LIMITED (asked too often) or SOURCE_REFUSED (credentials, rights,
 * no such repository): all of them are worth trying again later, none of them means that anything is unconfirmed.
 */
export interface ReadBack {
  /** How it asks. */
  readonly by: 'api' | 'git';
  /** Loads what the first question would have to wait for otherwise. Asks nothing. */
  prepare?(): Promise<void>;
  /** What full refs point at now; null for a ref that does not exist. Every ref that was asked for has an entry. */
  heads(repository: string, refs: readonly string[]): Promise<ReadonlyMap<string, RefHead | null>>;
  /** Every tag of the repository by full ref (`refs/tags/v1`). */
  tags(repository: string): Promise<ReadonlyMap<string, RefHead>>;
  /** Whether `ancestor` is `descendant` or lies in its history; undefined when the source knows one of them no more. */
  isAncestor(repository: string, ancestor: string, descendant: string): Promise<boolean | undefined>;
  /** What differs between two commits. */
  range(repository: string, base: string, head: string): Promise<RangeFacts>;
}

export interface RefHead {
  /** What the ref itself points at: differs from `commit` for an annotated tag. */
  readonly object: string;
  readonly commit: string;
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
  /** What could not be learned, or not completely. */
  readonly lacked: readonly RangeLack[];
}

export type RangeLack = 'commits' | 'files' | 'pulls' | 'reviews' | 'checks';

export interface RangeCommit {
  readonly id: string;
  /** First line of the message: for people, it proves nothing. */
  readonly title: string;
  /** The source's account of its author, where the source knows one. Text of the commit itself never counts. */
  readonly account: string | null;
}

/** A pull request that brought commits of the range. Accounts are numeric ids of the source with their names. */
export interface PullFacts {
  readonly number: number;
  readonly title: string;
  readonly author: Account | null;
  readonly mergedBy: Account | null;
  /** The commit that was reviewed last. */
  readonly head: string;
  readonly reviews: readonly {
    readonly by: Account | null;
    readonly state: string;
    readonly commit: string | null;
    readonly at: number | null;
  }[];
}

export interface Account {
  readonly account: string;
  readonly name: string;
}

export interface CheckFacts {
  readonly name: string;
  /** `success`, `failure`, … ; null while it runs. */
  readonly conclusion: string | null;
}
