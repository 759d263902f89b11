import { limits } from '#core/limits.ts';
import { ChangedFiles, CommitFiles, type ChangedFile, type Commit } from '../api-answers.ts';
import type { ApiCall, Listed } from '../api-call.ts';
import { compareChanges, type Sameness } from './same-change.ts';

/** Compares what commits and pull requests change, as many as limits.github.comparedChanges in one range. */
export class ChangeReader {
  readonly #call: ApiCall;
  #left: number = limits.github.comparedChanges;

  constructor(call: ApiCall) {
    this.#call = call;
  }

  /** Whether a commit changes its first parent as the pull request changed what it left: that is what reviewers saw. */
  isPull(commit: Commit, number: number): Promise<Sameness> {
    return this.#compare(
      () => this.#ofCommit(commit.sha),
      () => this.#call.list(ChangedFiles, '/pulls/{pull_number}/files', limits.github.changePages, { pull_number: number }),
    );
  }

  isCommit(one: Commit, other: Commit): Promise<Sameness> {
    return this.#compare(
      () => this.#ofCommit(one.sha),
      () => this.#ofCommit(other.sha),
    );
  }

  /** docs.github.com "Get a commit": pages of one commit differ in its files alone. */
  #ofCommit(ref: string): Promise<Listed<ChangedFile>> {
    return this.#call.list(CommitFiles, '/commits/{ref}', limits.github.changePages, { ref });
  }

  async #compare(...read: readonly (() => Promise<Listed<ChangedFile>>)[]): Promise<Sameness> {
    if (this.#left === 0) return 'unknown';
    this.#left--;
    const [one, other] = await Promise.all(read.map((each) => each()));
    if (!one || !other || 'missing' in one || 'missing' in other || !one.complete || !other.complete) return 'unknown';
    return compareChanges(one.items, other.items);
  }
}
