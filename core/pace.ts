import type { Clock } from '#core/clock.ts';

/** So many at once, and then one after each interval: a bucket of tokens. */
export class Pace {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #interval: number;
  /** Monotonic moment at which the bucket is full. */
  #fullAt = 0;

  /** @param interval milliseconds after which one more may be done */
  constructor(clock: Clock, burst: number, interval: number) {
    this.#clock = clock;
    this.#burst = burst;
    this.#interval = interval;
  }

  /** Takes one. @returns 0, or how many milliseconds to wait when there is none: then nothing is taken */
  take(): number {
    const now = this.#clock.monotonic();
    const fullAt = Math.max(this.#fullAt, now) + this.#interval;
    const late = fullAt - now - this.#burst * this.#interval;
    if (late > 0) return late;
    this.#fullAt = fullAt;
    return 0;
  }
}
