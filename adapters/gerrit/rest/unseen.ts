import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';

/**
 * Commits that no change is found for, since when. A push that closes a change makes its last patch set findable some moments after the
 * branch has moved; of a push past review there never is any.
 */
export class Unseen {
  readonly #clock: Clock;
  readonly #since = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a change may still turn up for one of these. */
  isYoung(project: string, commits: readonly string[]): boolean {
    const now = this.#clock.monotonic();
    const ages = commits.map((commit) => now - this.#first(`${project} ${commit}`, now));
    return ages.some((age) => age < limits.gerritRest.unseenFor);
  }

  #first(key: string, now: number): number {
    const known = this.#since.get(key);
    if (known !== undefined) return known;
    this.#since.set(key, now);
    const [oldest] = this.#since.keys();
    if (this.#since.size > limits.gerritRest.unseen && oldest !== undefined) this.#since.delete(oldest);
    return now;
  }
}
