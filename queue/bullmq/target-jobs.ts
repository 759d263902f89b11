import { createHash } from 'node:crypto';
import type { Job, Queue } from 'bullmq';
import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';

/** What a job carries: the key of a target, and nothing about what is to be done. */
export const targetJob = z.object({ key: z.string() });

/** BullMQ refuses `:` in ids, and keys are long. */
export function jobIdOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}

/** As often as it takes. */
const ATTEMPTS = 1_000_000_000;

/** Jobs that hand out keys: one that waits for each key, and one that is worked on. */
export class TargetJobs {
  readonly #queue: Queue;
  readonly #clock: Clock;

  constructor(queue: Queue, clock: Clock) {
    this.#queue = queue;
    this.#clock = clock;
  }

  /** Rejects when any of them could not be announced. */
  async announce(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += limits.redis.batch) {
      const answers = await Promise.allSettled(keys.slice(at, at + limits.redis.batch).map((key) => this.#add(key)));
      for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
    }
  }

  /**
   * `keepLastIfActive` alone loses nothing that is announced while a key is worked on (BullMQ's other kinds of deduplication do).
   * The id is new each time: Redis that has lost its counter must not give a job the id of one that is still worked on.
   */
  #add(key: string): Promise<Job> {
    const id = jobIdOf(key);
    return this.#queue.add(
      'target',
      { key },
      {
        jobId: `${id}-${this.#clock.now().toString(36)}-${Math.floor(this.#clock.random() * 2 ** 48).toString(36)}`,
        deduplication: { id, keepLastIfActive: true },
        attempts: ATTEMPTS,
        backoff: { type: 'own' },
        removeOnComplete: true,
        removeOnFail: true,
        stackTraceLimit: 1,
      },
    );
  }

  /**
   * Makes room for a key again of which Redis remembers that it waits, but not where: it has thrown part of that away (`maxmemory-policy`).
   * @returns whether that was so
   */
  async mend(key: string): Promise<boolean> {
    const id = jobIdOf(key);
    const job = await this.#queue.getDeduplicationJobId(id);
    if (job === null || (await this.#queue.getJobState(job)) !== 'unknown') return false;
    await this.#queue.removeDeduplicationKey(id);
    await this.#queue.remove(job);
    return true;
  }
}
