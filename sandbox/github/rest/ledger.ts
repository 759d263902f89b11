import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { RefChange } from '#sandbox/github/hosted-repository.ts';

/** As the API answers them: `maintain` is `write`, `triage` is `read`. */
export type Permission = 'admin' | 'write' | 'read' | 'none';

/** Something that happened to a pull request (docs.github.com "Issue event types"). */
export interface PullEvent {
  readonly id: number;
  /** Of the repository. */
  readonly repository: number;
  readonly pull: number;
  readonly event: string;
  readonly actor: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export type ActivityType = 'push' | 'force_push' | 'branch_deletion' | 'branch_creation' | 'pr_merge' | 'merge_queue_merge';

/** A branch that moved. */
export interface Activity {
  readonly id: number;
  /** Of the repository. */
  readonly repository: number;
  /** `push` also for one that was forced: git tells. */
  readonly type: ActivityType;
  readonly ref: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly actor: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Who may do what, what happened to pull requests, and how branches moved. */
export class Ledger {
  readonly #clock: Clock;
  readonly #permissions = new Map<string, Permission>();
  readonly #events: PullEvent[] = [];
  readonly #activities: Activity[] = [];
  #lastId = 500_000;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  permit(repository: number, login: string, permission: Permission): void {
    this.#permissions.set(`${repository} ${login}`, permission);
  }

  /** Whoever was given none may read, as in a public repository. */
  permission(repository: number, login: string): Permission {
    return this.#permissions.get(`${repository} ${login}`) ?? 'read';
  }

  addEvent(event: Omit<PullEvent, 'id' | 'at'> & { readonly at?: number }): void {
    this.#events.push({ at: this.#clock.now(), ...event, id: this.#id() });
  }

  /** Oldest first. */
  events(repository: number, pull: number): readonly PullEvent[] {
    return this.#events.filter((event) => event.repository === repository && event.pull === pull);
  }

  /** A ref that moved; of tags GitHub keeps nothing. */
  moved(repository: number, { ref, before, after }: RefChange, actor: string, given?: ActivityType): void {
    if (!ref.startsWith('refs/heads/')) return;
    const type = given ?? (before === null ? 'branch_creation' : after === null ? 'branch_deletion' : 'push');
    this.#activities.push({ repository, type, ref, before, after, actor, id: this.#id(), at: this.#clock.now() });
    if (this.#activities.length > limits.sandbox.remembered) this.#activities.shift();
  }

  /** Newest first. */
  activities(repository: number): readonly Activity[] {
    return this.#activities.filter((activity) => activity.repository === repository).toReversed();
  }

  #id(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}
