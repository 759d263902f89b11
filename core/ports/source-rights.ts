/** `unknown`: it could not be known, which is never taken for yes. */
export type RightAnswer = 'yes' | 'no' | 'unknown';

/** The answer, and in words what it rests on or why it is not known; null where there is nothing to add. */
export interface Right {
  readonly answer: RightAnswer;
  readonly why: string | null;
}

/** A ref that clusters follow. */
export interface WatchedRef {
  readonly repository: string;
  readonly ref: string;
}

/** What one account may do with one ref, by the source's own rules and not by any policy of ours. */
export interface AccountRights extends WatchedRef {
  /** The stable id on the source; as it was asked for where the source knows no such account. */
  readonly account: string;
  readonly name: string;
  readonly read: Right;
  /** Writes to the ref without any review. */
  readonly push: Right;
  /** Brings reviewed changes to it. */
  readonly submit: Right;
}

export interface RightsQuestion {
  readonly refs: readonly WatchedRef[];
  /** Stable ids, or user names. */
  readonly accounts: readonly string[];
}

/** Tells what a source itself lets accounts do. */
export interface SourceRights {
  /**
   * One answer for each pair of ref and account; a bounded number of questions to the source.
   * @throws HeadgateError SOURCE_UNREACHABLE, SOURCE_LIMITED, SOURCE_REFUSED
   */
  rights(asked: RightsQuestion): Promise<readonly AccountRights[]>;
}
