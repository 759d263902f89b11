import type { Account } from '#core/account.ts';

/** Who said something about a pull request or change, or submitted it. */
interface Said {
  /** Absent: not known to be any person. */
  readonly person?: string;
  readonly by: Account | null;
  /** What it is about; absent where it is about the whole. */
  readonly commit?: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number | null;
}

/**
 * `#12 by ada (hub octocat 583231) on 3f9c… at 2026-01-01T00:00:00.000Z`. Records refer to the people in it by this form
 * (journal/records/person-references.ts).
 */
export function sayVoice(number: number, source: string, { person, by, commit, at }: Said): string {
  const account = `${source} ${by?.name ?? 'somebody'} ${by?.account ?? 'without an id'}`;
  const on = commit === undefined ? '' : ` on ${commit}`;
  return `#${number} by ${person ?? by?.name ?? 'nobody who is named'} (${account})${on} at ${at === null ? 'an unknown time' : new Date(at).toISOString()}`;
}
