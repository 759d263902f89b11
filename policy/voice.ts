import type { Account } from '#core/account.ts';

/** What one account says of a pull request by a review, or of a change by a vote. */
export interface Voice {
  readonly by: Account | null;
  /** What it is about; null when that is not known. */
  readonly commit: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number | null;
  /** Stands in the way of everything. */
  readonly objects: boolean;
  /** In words, why it is no approval by itself, whoever gave it: `was dismissed`; undefined when it is one. */
  readonly flaw: string | undefined;
}
