import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';

/** A pull request as tests register it. */
export interface NewPull {
  /** `owner/name`. */
  readonly repository: string;
  /** Default: the next free one of the repository. */
  readonly number?: number;
  readonly title?: string;
  readonly body?: string | null;
  /** Login of who opened it. */
  readonly user: string;
  /** Branch and the commit at its tip. */
  readonly head: { readonly ref: string; readonly sha: string };
  readonly base: { readonly ref: string; readonly sha: string };
  /** `owner/name` that it is to be merged in; default the repository itself. */
  readonly into?: string;
  /** Ids of its commits, oldest first; default its head alone. */
  readonly commits?: readonly string[];
  readonly state?: 'open' | 'closed';
  readonly draft?: boolean;
  /** Set = merged: the commit on the base branch that came of it, by whom and when (milliseconds since the epoch, default now). */
  readonly merged?: Omit<Merged, 'at'> & { readonly at?: number };
}

/** How a pull request was merged. */
export interface Merged {
  /** What the base branch was moved to: `merge_commit_sha`. */
  readonly sha: string;
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** All commits that GitHub made of it; default the one above. */
  readonly made?: readonly string[];
}

export interface Pull extends Omit<NewPull, 'merged'> {
  readonly number: number;
  readonly commits: readonly string[];
  readonly state: 'open' | 'closed';
  readonly merged: Merged | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export type ReviewState = 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED' | 'PENDING';

export interface NewReview {
  readonly repository: string;
  readonly pull: number;
  readonly user: string;
  readonly state: ReviewState;
  /** The commit that was looked at; default the pull request's head. */
  readonly commit?: string;
  readonly body?: string;
  readonly association?: string;
  /** Milliseconds since the epoch; default now. */
  readonly at?: number;
}

export interface Review extends NewReview {
  readonly id: number;
  readonly commit: string;
  readonly at: number;
}

export interface NewCheck {
  readonly repository: string;
  readonly sha: string;
  readonly name: string;
  /** Default `completed`, or `in_progress` when there is no conclusion. */
  readonly status?: 'queued' | 'in_progress' | 'completed';
  readonly conclusion?: 'success' | 'failure' | 'neutral' | 'cancelled' | 'skipped' | 'timed_out' | 'action_required' | null;
  /** Slug of the GitHub App that reports it; default `github-actions`. */
  readonly app?: string;
}

export interface Check extends Required<NewCheck> {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface CommitStatus {
  readonly id: number;
  readonly repository: string;
  readonly sha: string;
  readonly state: 'error' | 'failure' | 'pending' | 'success';
  readonly targetUrl: string | null;
  readonly description: string | null;
  readonly context: string;
  readonly creator: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What GitHub knows beyond git. */
export class Records {
  readonly #clock: Clock;
  readonly #pulls: Pull[] = [];
  readonly #reviews: Review[] = [];
  readonly #checks: Check[] = [];
  readonly #statuses: CommitStatus[] = [];
  #lastId = 1_000;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  addPull(pull: NewPull): Pull {
    const at = this.#clock.now();
    const number = pull.number ?? Math.max(0, ...this.pulls(pull.repository).map((each) => each.number)) + 1;
    const merged = pull.merged === undefined ? undefined : { at, ...pull.merged };
    const state = pull.state ?? (merged === undefined ? 'open' : 'closed');
    return remember(this.#pulls, { ...pull, number, commits: pull.commits ?? [pull.head.sha], state, merged, at });
  }

  /** Oldest first. */
  pulls(repository: string): readonly Pull[] {
    return this.#pulls.filter((pull) => pull.repository === repository);
  }

  pull(repository: string, number: number): Pull | undefined {
    return this.pulls(repository).find((pull) => pull.number === number);
  }

  /** @throws Error when there is no such open pull request */
  merged(repository: string, number: number, merged: Merged): void {
    const pull = this.pull(repository, number);
    if (pull?.state !== 'open') throw new Error(`${repository} has no open pull request ${number}`);
    Object.assign(pull, { merged, state: 'closed' });
  }

  addReview(review: NewReview): Review {
    const pull = this.pull(review.repository, review.pull);
    if (pull === undefined) throw new Error(`${review.repository} has no pull request ${review.pull}`);
    return remember(this.#reviews, { commit: pull.head.sha, at: this.#clock.now(), ...review, id: this.#id() });
  }

  review(id: number): Review | undefined {
    return this.#reviews.find((review) => review.id === id);
  }

  /** Oldest first. */
  reviews(repository: string, pull: number): readonly Review[] {
    return this.#reviews.filter((review) => review.repository === repository && review.pull === pull);
  }

  addCheck(check: NewCheck): Check {
    const conclusion = check.conclusion ?? null;
    const status = check.status ?? (conclusion === null ? 'in_progress' : 'completed');
    return remember(this.#checks, {
      app: 'github-actions',
      ...check,
      conclusion,
      status,
      id: this.#id(),
      at: this.#clock.now(),
    });
  }

  /** Newest first. */
  checks(repository: string, sha: string): readonly Check[] {
    return this.#checks.filter((check) => check.repository === repository && check.sha === sha).reverse();
  }

  addStatus(status: Omit<CommitStatus, 'id' | 'at'>): CommitStatus {
    return remember(this.#statuses, { ...status, id: this.#id(), at: this.#clock.now() });
  }

  /** Newest first; of all commits when none is named. */
  statuses(repository: string, sha?: string): readonly CommitStatus[] {
    return this.#statuses.filter((each) => each.repository === repository && (sha === undefined || each.sha === sha)).reverse();
  }

  /** Everything of a repository goes by its new name. */
  rename(from: string, to: string): void {
    for (const list of [this.#pulls, this.#reviews, this.#checks, this.#statuses]) {
      for (const entry of list) if (entry.repository === from) Object.assign(entry, { repository: to });
    }
  }

  #id(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}

function remember<T>(list: T[], entry: T): T {
  list.push(entry);
  if (list.length > limits.sandbox.remembered) list.shift();
  return entry;
}
