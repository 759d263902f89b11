import type { Account } from '#core/account.ts';
import { accountOf } from '../account-of.ts';
import type { Commit } from '../api-answers.ts';
import type { CoAuthors } from './co-authors.ts';
import { isByGithub, type Origin } from './origins.ts';

type Hands = readonly (Account | null)[];

/**
 * Whoever had a hand in a commit. In one that GitHub made these are those who wrote what it is made of, whatever names it bears itself:
 * whoever merges may edit the message of a squash, and leave a co-author out. Whoever pressed the button had none in it.
 */
export function handsIn(commit: Commit, origin: Origin | undefined, coAuthors: CoAuthors): Hands {
  const own = (one: Commit): Hands => [...authorsOf(one, coAuthors), ...committerOf(one)];
  if (origin === undefined || origin.how === 'own') return distinct(own(commit));
  const before = origin.of.flatMap(own);
  return distinct(origin.how === 'merge' ? before : [...before, ...authorsOf(commit, coAuthors)]);
}

function authorsOf(commit: Commit, coAuthors: CoAuthors): Hands {
  return [accountOf(commit.author), ...coAuthors.of(commit)];
}

/** A commit that only says that GitHub made it was made by somebody who is not known. */
function committerOf(commit: Commit): Hands {
  if (isByGithub(commit)) return [];
  return [commit.committer?.login === 'web-flow' ? null : accountOf(commit.committer)];
}

/** Each account once, and one null for all who are not known. */
function distinct(hands: Hands): Hands {
  return [...new Map(hands.map((hand) => [hand?.account ?? null, hand])).values()];
}
