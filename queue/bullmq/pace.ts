import type { Redis } from 'ioredis';

/** Lets a key start once in an interval, whichever process it is that starts it. Redis' own clock counts. */
export class Pace {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #interval: number;

  /** @param interval milliseconds */
  constructor(redis: Redis, prefix: string, interval: number) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#interval = Math.ceil(interval);
  }

  /**
   * Notes a start.
   * @returns 0 when it may start now, otherwise how long it has to wait. Without an answer of Redis it may: what matters is fenced by the journal
   */
  async start(id: string): Promise<number> {
    const key = `${this.#prefix}:started:${id}`;
    try {
      if ((await this.#redis.set(key, '1', 'PX', this.#interval, 'NX')) === 'OK') return 0;
      return Math.max(1, await this.#redis.pttl(key));
    } catch {
      return 0;
    }
  }
}
