import type { Account } from '#core/account.ts';
import type { PullFacts } from '#core/ports/read-back.ts';
import { Repository, type Commit } from '../api-answers.ts';
import type { ApiCall } from '../api-call.ts';
import type { ReadPull } from '../read-pulls.ts';
import { readCoAuthors } from './co-authors.ts';
import { handsIn } from './hands.ts';
import { Origins } from './origins.ts';
import { sinceRetargeted } from './retargeting.ts';
import { readWriters } from './writers.ts';

/** Which pull request brought each commit, who had a hand in it, and what reviewers may do. */
export interface Coverage {
  readonly of: (commit: Commit) => { readonly hands: readonly (Account | null)[]; readonly broughtBy: number | null };
  readonly pulls: readonly PullFacts[];
  readonly complete: boolean;
}

/**
 * @param commits of the range
 * @param pulls merged ones that GitHub names with them
 * @param ref only those that were merged into this branch of this repository count
 */
export async function readCoverage(call: ApiCall, commits: readonly Commit[], pulls: readonly ReadPull[], ref: string): Promise<Coverage> {
  const counting = await mergedInto(call, pulls, ref);
  const origins = new Origins(call, commits);
  const [looked, judged] = await Promise.all([origins.look(approvedFirst(counting)), reviewsOf(call, counting)]);
  void looked;
  const own = counting.flatMap((pull) => pull.commits);
  const coAuthors = await readCoAuthors(call, [...commits, ...own]);
  const facts = new Map(judged.pulls.map((pull) => [pull.number, pull]));
  return {
    of: (commit) => {
      const origin = origins.found.get(commit.sha);
      return { hands: handsIn(commit, origin, coAuthors), broughtBy: origin?.pull.facts.number ?? null };
    },
    pulls: pulls.map((pull) => facts.get(pull.facts.number) ?? pull.facts),
    complete: origins.complete && judged.complete && coAuthors.complete,
  };
}

/** GitHub also names pull requests of other repositories of a network. It is asked for the name where it is called otherwise by now. */
async function mergedInto(call: ApiCall, pulls: readonly ReadPull[], ref: string): Promise<readonly ReadPull[]> {
  const merged = pulls.filter(({ facts }) => facts.base === ref);
  if (merged.every(({ repository }) => isSame(repository, call.repository))) return merged;
  const { full_name: name } = await call.get(Repository, '');
  return merged.filter(({ repository }) => isSame(repository, name));
}

function isSame(one: string | null, other: string): boolean {
  return one?.toLowerCase() === other.toLowerCase();
}

/** Of two that brought the same commit, as a pull request on top of another does, rather the one whose head was approved. */
function approvedFirst(pulls: readonly ReadPull[]): readonly ReadPull[] {
  const isApproved = ({ facts: { reviews, head } }: ReadPull): boolean =>
    reviews.some(({ state, commit }) => state === 'APPROVED' && commit === head);
  return pulls.toSorted((a, b) => Number(isApproved(b)) - Number(isApproved(a)) || a.facts.number - b.facts.number);
}

async function reviewsOf(
  call: ApiCall,
  pulls: readonly ReadPull[],
): Promise<{ readonly pulls: readonly PullFacts[]; readonly complete: boolean }> {
  const facts = pulls.map((pull) => pull.facts);
  const [since, writers] = await Promise.all([Promise.all(facts.map((pull) => sinceRetargeted(call, pull))), readWriters(call, pulls)]);
  return {
    pulls: facts.map((pull, index) => ({
      ...pull,
      reviews: (since[index]?.reviews ?? []).map((review) => ({ ...review, canWrite: writers.may(review) })),
    })),
    complete: writers.complete && since.every(({ complete }) => complete),
  };
}
