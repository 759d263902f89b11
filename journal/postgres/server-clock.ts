import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';

/** Asks for the server's moment, milliseconds. */
export type Measure = () => Promise<number>;

/**
 * The database server's clock as seen from here. The processes of one journal share no clock but that; each adds the difference that it has measured to its
 * own monotonic clock, so that setting a wall clock anywhere but on the server neither ends a lease early nor keeps one alive. The error is half of what the
 * question took, which counts little against leases of a minute.
 */
export class ServerClock {
  readonly #clock: Clock;
  #offset = 0;
  #measuredAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The present moment there, milliseconds. */
  now(): number {
    return this.#clock.monotonic() + this.#offset;
  }

  /** Whether it is time to ask again. */
  isStale(): boolean {
    return this.#measuredAt === undefined || this.#clock.monotonic() - this.#measuredAt > limits.postgres.clockKept;
  }

  async measure(ask: Measure): Promise<void> {
    const asked = this.#clock.monotonic();
    const answer = await ask();
    const answered = this.#clock.monotonic();
    this.#offset = answer - (asked + answered) / 2;
    this.#measuredAt = answered;
  }
}

/**
 * Whether a moment has not come yet. One that is further ahead than anything is ever put off was counted before the server's clock was set back: it is past.
 * @param horizon the most that such a moment is ever ahead, milliseconds
 */
export function isAhead(moment: number, now: number, horizon: number): boolean {
  return moment > now && moment <= now + 2 * horizon;
}
