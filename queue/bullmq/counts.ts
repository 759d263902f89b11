import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

export interface Counts {
  /** Whoever is free may take these now. */
  readonly ready: number;
  /** These wait a moment, until they may start again. */
  readonly resting: number;
  readonly retrying: number;
  /** When the oldest that is ready was announced, milliseconds since the epoch; null = none. */
  readonly oldestAt: number | null;
}

export const noCounts: Counts = { ready: 0, resting: 0, retrying: 0, oldestAt: null };

/** BullMQ sorts what waits for a moment by that moment and a running number of twelve bits (commands/includes/getDelayedScore.lua). */
const SCORE = 0x1000;

/**
 * What waits in Redis, for all processes together. A key that backs off for less than the interval counts as resting.
 * @param now milliseconds since the epoch
 * @param interval milliseconds
 */
export async function readCounts(redis: Redis, queue: Queue, now: number, interval: number): Promise<Counts> {
  const [wait, delayed] = [queue.toKey('wait'), queue.toKey('delayed')];
  const [ready, due, all, later, oldest] = await Promise.all([
    redis.llen(wait),
    redis.zcount(delayed, '-inf', now * SCORE),
    redis.zcard(delayed),
    redis.zcount(delayed, (now + interval) * SCORE, '+inf'),
    redis.lindex(wait, -1),
  ]);
  const oldestAt = oldest === null ? null : await redis.hget(queue.toKey(oldest), 'timestamp');
  return {
    ready: ready + due,
    resting: Math.max(0, all - due - later),
    retrying: later,
    oldestAt: oldestAt === null ? null : Number(oldestAt),
  };
}
