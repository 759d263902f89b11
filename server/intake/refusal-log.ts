import type { Clock } from '#core/clock.ts';
import type { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { Pace } from '#core/pace.ts';
import type { Log, LogFields } from '#core/ports/telemetry.ts';

/** Writes a line for each refusal while there are few; of many it writes how many there were: whoever floods must not fill the log as well. */
export class RefusalLog {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #pace: Pace;
  /** What was not written, by source and code. */
  readonly #unwritten = new Map<string, { readonly source: string | undefined; readonly code: string; requests: number }>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
    this.#pace = new Pace(clock, limits.intake.lines, limits.intake.lineInterval);
  }

  refused(source: string | undefined, error: HeadgateError, fields: LogFields): void {
    if (this.#pace.take() > 0) return this.#count(source, error.code);
    this.#log.info('delivery refused', { source, ...fields, code: error.code, error: error.message });
  }

  #count(source: string | undefined, code: string): void {
    const key = `${source ?? ''} ${code}`;
    const sum = this.#unwritten.get(key) ?? { source, code, requests: 0 };
    sum.requests += 1;
    this.#unwritten.set(key, sum);
    if (this.#unwritten.size === 1 && sum.requests === 1) this.#clock.after(limits.intake.sumInterval, () => this.#write());
  }

  #write(): void {
    for (const sum of this.#unwritten.values()) this.#log.warn('many deliveries refused, not written one by one', { ...sum });
    this.#unwritten.clear();
  }
}
