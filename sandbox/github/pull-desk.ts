import type { Clock } from '#core/clock.ts';
import type { GitRunner } from '#sandbox/git/git-runner.ts';
import type { HostedRepository } from '#sandbox/github/hosted-repository.ts';
import { PullMerger, type MergeMethod } from '#sandbox/github/merge-pull.ts';
import { GitFacts } from '#sandbox/github/rest/git-facts.ts';
import type { Pull, Records } from '#sandbox/github/rest/records.ts';

/** A pull request of a branch that was pushed. */
export interface OpenPull {
  readonly repository: string;
  /** Short name of the branch that is to be merged. */
  readonly branch: string;
  /** Short name of the branch that it is to be merged into; default the repository's default branch. */
  readonly base?: string;
  /** Login of who opens it; default `octocat`. */
  readonly by?: string;
  readonly title?: string;
}

export interface MergePulls {
  readonly repository: string;
  /** Numbers. Several: a merge queue moves the branch by all of them at once. */
  readonly pulls: readonly number[];
  readonly method: MergeMethod;
  /** Login of who presses the button. */
  readonly by: string;
  /** By a merge queue rather than by the button. */
  readonly queue?: boolean;
  readonly message?: string;
}

/** Opens and merges pull requests, as people do on GitHub's pages. */
export class PullDesk {
  readonly #clock: Clock;
  readonly #git: GitRunner;
  readonly #records: Records;

  constructor(clock: Clock, git: GitRunner, records: Records) {
    this.#clock = clock;
    this.#git = git;
    this.#records = records;
  }

  async open({ bare, defaultBranch }: HostedRepository, { repository, branch, base, by = 'octocat', title }: OpenPull): Promise<Pull> {
    const onto = base ?? defaultBranch;
    const [head, at] = await Promise.all([bare.object(`refs/heads/${branch}`), bare.object(`refs/heads/${onto}`)]);
    if (head === undefined || at === undefined) throw new Error(`${repository} has no branch ${branch} or ${onto}`);
    const commits = await new GitFacts(this.#git, bare.directory).between(at, head);
    const tips = { head: { ref: branch, sha: head }, base: { ref: onto, sha: at } };
    return this.#records.addPull({ repository, user: by, commits, ...tips, ...(title === undefined ? {} : { title }) });
  }

  /** @throws Error for one that is not open */
  async merge(hosted: HostedRepository, { repository, pulls, method, by, message }: MergePulls): Promise<void> {
    for (const number of pulls) {
      const pull = this.#records.pull(repository, number);
      if (pull === undefined) throw new Error(`${repository} has no pull request ${number}`);
      const ref = `refs/heads/${pull.base.ref}`;
      const base = (await hosted.bare.object(ref)) ?? '';
      const at = this.#clock.now();
      const words = message ?? `${pull.title ?? 'A pull request'} (#${number})`;
      const order = { method, by, author: pull.user, message: words, base, head: pull.head.sha, commits: pull.commits, at };
      const made = await new PullMerger(this.#git, hosted.bare.directory).merge(order);
      const sha = made.at(-1) ?? '';
      await hosted.bare.move(ref, sha);
      this.#records.merged(repository, number, { sha, by, at, made });
    }
  }
}
