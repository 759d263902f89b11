import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';

/** What of an answer tells about limits: docs.github.com "Rate limits for the REST API". */
export interface LimitedAnswer {
  readonly status: number;
  readonly message: string;
  /** By lower-case name. */
  readonly header: (name: string) => string | undefined;
}

/** Closed from the moment in which GitHub says "too often" until the one that it names: asking meanwhile makes it last longer. */
export class RateGate {
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
  look(answer: LimitedAnswer): void {
    const wait = this.#waitOf(answer);
    if (wait === undefined) return;
    const bounded = Math.min(Math.max(wait, 1_000), limits.github.limitedMax);
    this.#until = Math.max(this.#until, this.#clock.monotonic() + bounded);
    this.pass();
  }

  /** Milliseconds to wait; undefined when the answer is about something else. */
  #waitOf({ status, message, header }: LimitedAnswer): number | undefined {
    if (status !== 403 && status !== 429) return undefined;
    const seconds = numberOf(header('retry-after'));
    if (seconds !== undefined) return seconds * 1_000;
    const reset = numberOf(header('x-ratelimit-reset'));
    if (header('x-ratelimit-remaining') === '0' && reset !== undefined) return reset * 1_000 - this.#theirNow(header('date'));
    return status === 429 || /rate limit/i.test(message) ? limits.github.limitedDefault : undefined;
  }

  /** The reset is a moment of GitHub's clock, which need not be ours. */
  #theirNow(date: string | undefined): number {
    const theirs = Date.parse(date ?? '');
    return Number.isNaN(theirs) ? this.#clock.now() : theirs;
  }
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}
