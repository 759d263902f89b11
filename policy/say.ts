import { limits } from '#core/limits.ts';
import type { PullFacts, RangeCommit } from '#core/ports/read-back.ts';

/** As much of a commit's id as people compare. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}

/** `commit 3f9c1d2e4a5b "Round up"`: its title is text of whoever wrote it, so it is quoted and cut. */
export function sayCommit({ id, title }: Pick<RangeCommit, 'id' | 'title'>): string {
  return `commit ${shortId(id)} ${JSON.stringify(title.slice(0, limits.cel.saidChars))}`;
}

/** `change 42` where there are votes, else `pull request #42`. */
export function sayPull({ number, review }: Pick<PullFacts, 'number' | 'review'>): string {
  return review ? `change ${number}` : `pull request #${number}`;
}

/** The first few, and how many more there are. */
export function sayFew(all: readonly string[], separator: string): string {
  const more = all.length - limits.decision.named;
  return all.slice(0, limits.decision.named).join(separator) + (more > 0 ? `${separator}and ${more} more` : '');
}

export const nothingCame = 'nothing came since the last allowed revision';
