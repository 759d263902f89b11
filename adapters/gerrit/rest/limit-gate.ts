import type { Fetched } from '#adapters/http-fetch.ts';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';

const { limitedDefault, limitedMax } = limits.gerritRest;

/**
 * Closed from the moment in which a server says "too often" until the one that it names. Gerrit answers 429 by its quota plugins,
 * proxies in front of it as well; a 503 counts when it says when to come back (RFC 9110 §15.6.4).
 */
export class LimitGate {
  readonly #clock: Clock;
  readonly #source: string;
  #until = 0;

  constructor(clock: Clock, source: string) {
    this.#clock = clock;
    this.#source = source;
  }

  /** @throws HeadgateError SOURCE_LIMITED while it is closed */
  pass(): void {
    const left = this.#until - this.#clock.monotonic();
    if (left <= 0) return;
    const seconds = Math.ceil(left / 1_000);
    throw new HeadgateError('SOURCE_LIMITED', `${this.#source} was asked too often; it may be asked again in ${seconds} s`, {
      retryAfter: Math.ceil(left),
    });
  }

  /** Closes when the answer is one of "too often". @throws HeadgateError SOURCE_LIMITED then */
  look({ status, headers }: Pick<Fetched, 'status' | 'headers'>): void {
    const after = headers.get('retry-after');
    if (status !== 429 && (status !== 503 || after === undefined)) return;
    const wait = Math.min(Math.max(this.#waitOf(after), 1_000), limitedMax);
    this.#until = Math.max(this.#until, this.#clock.monotonic() + wait);
    this.pass();
  }

  /** Seconds, or a date (RFC 9110 §10.2.3), in milliseconds from now. */
  #waitOf(after: string | undefined): number {
    if (after === undefined) return limitedDefault;
    if (/^\d{1,9}$/.test(after)) return Number(after) * 1_000;
    const at = Date.parse(after);
    return Number.isNaN(at) ? limitedDefault : at - this.#clock.now();
  }
}
