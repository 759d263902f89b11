import type { Clock } from '#core/clock.ts';

/** Sums of milliseconds are off by less: a token that is there must not be missed for that. */
const EXACT = 1e-6;

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
    const late = this.wait();
    if (late === 0) this.#fullAt = Math.max(this.#fullAt, this.#clock.monotonic()) + this.#interval;
    return late;
  }

  /** What take() would answer. */
  wait(): number {
    const missing = Math.max(0, this.#fullAt - this.#clock.monotonic());
    const late = missing - (this.#burst - 1) * this.#interval;
    return late > EXACT ? late : 0;
  }

  /** Puts one back that was taken. */
  giveBack(): void {
    this.#fullAt -= this.#interval;
  }
}
