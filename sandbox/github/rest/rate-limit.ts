import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { RestError } from '#sandbox/github/rest/answer.ts';

/** The primary rate limit: so many requests an hour, for all callers together (docs.github.com "Rate limits for the REST API"). */
export class RateLimit {
  readonly #clock: Clock;
  #limit: number = limits.sandbox.rest.requestsPerHour;
  #used = 0;
  /** When the window ends, milliseconds since the epoch. */
  #reset = 0;
  #status: 403 | 429 = 403;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Leaves so many requests until the window ends.
   * @param seconds until then
   * @param status with which further requests are refused: GitHub uses both
   */
  set(
    remaining: number,
    { limit = this.#limit, seconds = 3_600, status = 403 }: { limit?: number; seconds?: number; status?: 403 | 429 } = {},
  ): void {
    this.#limit = limit;
    this.#used = limit - remaining;
    this.#reset = this.#clock.now() + seconds * 1_000;
    this.#status = status;
  }

  /** @throws RestError when nothing is left */
  count(): void {
    this.#turn();
    if (this.#used >= this.#limit) throw new RestError(this.#status, 'API rate limit exceeded for user ID 1.');
    this.#used += 1;
  }

  /** A request turned out to be free: a 304. */
  giveBack(): void {
    this.#used = Math.max(0, this.#used - 1);
  }

  /** `rate-limit`; `reset` in seconds since the epoch. */
  get state(): { readonly limit: number; readonly remaining: number; readonly reset: number; readonly used: number } {
    this.#turn();
    return {
      limit: this.#limit,
      remaining: Math.max(0, this.#limit - this.#used),
      reset: Math.ceil(this.#reset / 1_000),
      used: this.#used,
    };
  }

  get headers(): Readonly<Record<string, string>> {
    const { limit, remaining, reset, used } = this.state;
    return {
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-reset': String(reset),
      'x-ratelimit-used': String(used),
      'x-ratelimit-resource': 'core',
    };
  }

  #turn(): void {
    if (this.#clock.now() < this.#reset) return;
    this.#used = 0;
    this.#reset = this.#clock.now() + 3_600_000;
  }
}
