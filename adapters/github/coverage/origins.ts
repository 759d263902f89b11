import type { Commit } from '../api-answers.ts';
import type { ApiCall } from '../api-call.ts';
import type { ReadPull } from '../read-pulls.ts';
import { ChangeReader } from './change-reader.ts';
import type { Sameness } from './same-change.ts';

/** The pull request that brought a commit to the branch, and how. */
export interface Origin {
  readonly pull: ReadPull;
  readonly how: 'own' | 'merge' | 'squash' | 'rebase';
  /** Of the pull request's own commits those whose content it is. */
  readonly of: readonly Commit[];
}

/** Login of the account that commits in GitHub's name (docs.github.com "About commit signature verification"). */
const WEB_FLOW = 'web-flow';

/**
 * A commit that GitHub says it made itself and signed. Anybody can write its name into a commit, and its pages and API let people and
 * Apps make commits of any content that it signs: this alone says nothing about what is in one.
 */
export function isByGithub({ committer, commit }: Commit): boolean {
  return committer?.login === WEB_FLOW && commit.verification?.verified === true;
}

/**
 * Which of some merged pull requests verifiably brought each commit of a range. GitHub marks one as merged as soon as its head can be
 * reached from the base, whoever pushed that, whatever came along, and whether or not its rules were kept (docs.github.com "About pull
 * request merges", indirect merges): so each commit is looked at by itself.
 */
export class Origins {
  /** By commit id. */
  readonly found = new Map<string, Origin>();
  /** Whether everything could be looked at. */
  complete = true;
  readonly #commits: ReadonlyMap<string, Commit>;
  readonly #changes: ChangeReader;

  constructor(call: ApiCall, commits: readonly Commit[]) {
    this.#commits = new Map(commits.map((commit) => [commit.sha, commit]));
    this.#changes = new ChangeReader(call);
  }

  /** @param pulls merged into the very branch; where two brought the same commit the first one counts */
  async look(pulls: readonly ReadPull[]): Promise<void> {
    const made = await Promise.all(pulls.map((pull) => this.#madeOf(pull)));
    for (const [index, pull] of pulls.entries()) {
      for (const commit of this.#isReachable(pull) ? pull.commits : []) this.#note(commit, { pull, how: 'own', of: [commit] });
      for (const [commit, origin] of made[index] ?? []) this.#note(commit, origin);
    }
  }

  #note({ sha }: Commit, origin: Origin): void {
    if (this.#commits.has(sha) && !this.found.has(sha)) this.found.set(sha, origin);
  }

  /** Its head came with the range, and with that all that it consists of. */
  #isReachable({ facts }: ReadPull): boolean {
    return this.#commits.has(facts.head);
  }

  /**
   * The commits that GitHub made of a pull request. `merge_commit_sha` is the merge commit, the squash commit, or what the base branch
   * was moved to by a rebase (docs.github.com "Get a pull request"); a merge queue makes them in the same ways.
   */
  async #madeOf(pull: ReadPull): Promise<readonly (readonly [Commit, Origin])[]> {
    const made = this.#commits.get(pull.mergeCommit ?? '');
    if (made === undefined || made.sha === pull.facts.head) return [];
    if (!pull.whole) {
      this.complete = false; // what it consists of is not known
      return [];
    }
    if (made.parents.length === 2) return this.#merged(pull, made);
    // Both leave the pull request's own commits outside. Where those came too, somebody pushed them.
    if (made.parents.length !== 1 || this.#isReachable(pull)) return [];
    return isByGithub(made) ? this.#squashed(pull, made) : this.#rebased(pull, made);
  }

  async #merged(pull: ReadPull, made: Commit): Promise<readonly (readonly [Commit, Origin])[]> {
    if (made.parents[1]?.sha !== pull.facts.head || !isByGithub(made)) return [];
    if (!this.#isSame(await this.#changes.isPull(made, pull.facts.number))) return [];
    return [[made, { pull, how: 'merge', of: pull.commits }]];
  }

  async #squashed(pull: ReadPull, made: Commit): Promise<readonly (readonly [Commit, Origin])[]> {
    if (!this.#isSame(await this.#changes.isPull(made, pull.facts.number))) return [];
    return [[made, { pull, how: 'squash', of: pull.commits }]];
  }

  /**
   * Commits that GitHub rebases are new ones in the name of who merges, and it does not sign them (docs.github.com "About commit signature
   * verification", rebase and merge): each must change what the pull request's own one changes.
   */
  async #rebased(pull: ReadPull, last: Commit): Promise<readonly (readonly [Commit, Origin])[]> {
    const pairs: (readonly [Commit, Commit])[] = [];
    let made: Commit | undefined = last;
    for (const own of pull.commits.toReversed()) {
      if (made?.parents.length !== 1 || own.parents.length !== 1) break;
      pairs.push([made, own]);
      made = this.#commits.get(made.parents[0]?.sha ?? '');
    }
    const same = await Promise.all(pairs.map(async ([one, own]) => this.#isSame(await this.#changes.isCommit(one, own))));
    return pairs.flatMap(([one, own], index) => (same[index] ? [[one, { pull, how: 'rebase', of: [own] }] as const] : []));
  }

  #isSame(sameness: Sameness): boolean {
    if (sameness === 'unknown') this.complete = false;
    return sameness === 'same';
  }
}
