import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';

/** Closed from the moment in which a source says "too often" until the one that it names: asking meanwhile can make it last longer. */
export class LimitGate {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #source: string;
  readonly #max: number;
  #until = 0;

  /** @param max the longest that it stays closed at once, milliseconds */
  constructor(clock: Pick<Clock, 'monotonic'>, source: string, max: number) {
    this.#clock = clock;
    this.#source = source;
    this.#max = max;
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

  /**
   * @param wait what the source asks for, milliseconds, a second at least; undefined when it asks for nothing
   * @throws HeadgateError SOURCE_LIMITED when it does
   */
  close(wait: number | undefined): void {
    if (wait === undefined) return;
    this.#until = Math.max(this.#until, this.#clock.monotonic() + Math.min(Math.max(wait, 1_000), this.#max));
    this.pass();
  }
}
