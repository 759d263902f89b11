import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';

/** Warns of what is wrong with Redis, of each kind once in a while only: a client tells the same at each attempt. */
export class Complaints {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #warned = new Map<string, number>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  warn(what: string, error: unknown): void {
    const now = this.#clock.monotonic();
    const last = this.#warned.get(what);
    if (last !== undefined && now - last < limits.redis.complaint) return this.#log.debug(what, { error: messageOf(error) });
    this.#warned.set(what, now);
    this.#log.warn(what, { error: messageOf(error) });
  }
}
