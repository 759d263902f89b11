import { limits } from '#core/limits.ts';
import type { PullFacts } from '#core/ports/read-back.ts';
import { accountOf } from './account-of.ts';
import { Merged, PullCommits, Pulls, Reviews, type Commit, type Pull, type Review } from './api-answers.ts';
import type { ApiCall } from './api-call.ts';

interface PullsRead {
  /** By number. */
  readonly pulls: readonly ReadPull[];
  readonly lacked: readonly ('pulls' | 'reviews')[];
}

/** The merged pull requests that brought the commits of a range. */
export class PullReader {
  readonly #search: PullSearch;

  /** @param ref where commits must have come to by a pull request to be asked for no more; undefined = by any */
  constructor(call: ApiCall, ref?: string) {
    this.#search = new PullSearch(call, ref);
  }

  /** Asks for those of the newest commit: they often brought all the others. This need not wait until the others are known. */
  begin(head: string): Promise<void> {
    return this.#search.look([head]);
  }

  /**
   * @param commits ids, newest first
   * @param all whether these are all commits of the range
   */
  async finish(commits: readonly string[], all: boolean): Promise<PullsRead> {
    const search = this.#search;
    if (all && commits.length === 0) return { pulls: [], lacked: [] };
    const open = (): readonly string[] => commits.filter((commit) => !search.covered.has(commit));
    for (let left = open(); left.length > 0 && search.goesOn(); left = open()) await search.look(left.slice(0, limits.github.concurrency));
    const complete = all && search.complete && open().length === 0;
    const reviewed = complete && search.pulls.every((pull) => pull.reviewed);
    const pulls = search.pulls.toSorted((a, b) => a.facts.number - b.facts.number);
    return { pulls, lacked: [...(complete ? [] : ['pulls' as const]), ...(reviewed ? [] : ['reviews' as const])] };
  }
}

/** A merged pull request. */
export interface ReadPull {
  readonly facts: PullFacts;
  /** `owner/name` that it was merged in; null when that is gone. */
  readonly repository: string | null;
  /** Its own commits, oldest first: GitHub lists 250 at most. */
  readonly commits: readonly Commit[];
  /** Whether these are all of them. */
  readonly whole: boolean;
  /** What GitHub says that it was merged as. */
  readonly mergeCommit: string | null;
  /** GraphQL's id of each of its reviews, in the same order. */
  readonly reviewNodes: readonly string[];
  /** Whether these are all its reviews. */
  readonly reviewed: boolean;
}

/** Asks commit by commit; what a pull request covers is not asked for again. */
class PullSearch {
  readonly covered = new Set<string>();
  complete = true;
  readonly #call: ApiCall;
  readonly #ref: string | undefined;
  readonly #pulls = new Map<number, ReadPull>();
  #lookups = 0;

  constructor(call: ApiCall, ref: string | undefined) {
    this.#call = call;
    this.#ref = ref;
  }

  get pulls(): readonly ReadPull[] {
    return [...this.#pulls.values()];
  }

  goesOn(): boolean {
    return this.complete && this.#lookups < limits.github.pullLookups && this.#pulls.size < limits.github.pulls;
  }

  async look(commits: readonly string[]): Promise<void> {
    this.#lookups += commits.length;
    const found = await Promise.all(commits.map((commit) => this.#pullsOf(commit)));
    const merged = new Map(found.flat().flatMap((pull) => (pull.merged_at === null ? [] : [[pull.number, pull] as const])));
    const fresh = [...merged.values()].filter(({ number }) => !this.#pulls.has(number));
    for (const pull of await Promise.all(fresh.map((each) => readPull(this.#call, each)))) {
      this.#pulls.set(pull.facts.number, pull);
      const covers = this.#ref === undefined || pull.facts.base === this.#ref;
      for (const { sha } of covers ? pull.commits : []) this.covered.add(sha);
    }
    for (const commit of commits) this.covered.add(commit);
  }

  async #pullsOf(commit: string): Promise<readonly Pull[]> {
    const found = await this.#call.list(Pulls, '/commits/{commit_sha}/pulls', 1, { commit_sha: commit });
    if ('items' in found && found.complete) return found.items;
    this.complete = false; // out of these credentials' reach, or more than anybody reviews
    return 'items' in found ? found.items : [];
  }
}

async function readPull(call: ApiCall, pull: Pull): Promise<ReadPull> {
  const { number } = pull;
  const at = { pull_number: number };
  const { pullCommitPages, reviewPages } = limits.github;
  const [merged, commits, reviews] = await Promise.all([
    call.find(Merged, '/pulls/{pull_number}', at),
    call.list(PullCommits, '/pulls/{pull_number}/commits', pullCommitPages, at),
    call.list(Reviews, '/pulls/{pull_number}/reviews', reviewPages, at),
  ]);
  const own = 'items' in commits ? commits.items : [];
  const mergedBy = 'data' in merged ? accountOf(merged.data.merged_by) : null;
  const facts = {
    number,
    title: pull.title,
    author: accountOf(pull.user),
    mergedBy,
    base: `refs/heads/${pull.base.ref}`,
    head: pull.head.sha,
  };
  return {
    facts: { ...facts, reviews: 'items' in reviews ? reviews.items.map(reviewOf) : [] },
    repository: pull.base.repo?.full_name ?? null,
    commits: own,
    whole: 'data' in merged && merged.data.commits === own.length,
    mergeCommit: pull.merge_commit_sha,
    reviewNodes: 'items' in reviews ? reviews.items.map(({ node_id: node }) => node) : [],
    reviewed: 'items' in reviews && reviews.complete,
  };
}

function reviewOf({ user, state, commit_id: commit, submitted_at: at }: Review): PullFacts['reviews'][number] {
  return { by: accountOf(user), state, commit, at: at === undefined ? null : Date.parse(at), canWrite: null };
}
