import type * as BullMq from 'bullmq';
import type { Job, Queue as Jobs } from 'bullmq';
import type { Redis } from 'ioredis';
import { every, pause, type Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Queue, QueueStats } from '#core/ports/queue.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { Complaints } from './bullmq/complaints.ts';
import { connectImpatient, type RedisDriver } from './bullmq/connect.ts';
import { noCounts, readCounts, type Counts } from './bullmq/counts.ts';
import { Pace } from './bullmq/pace.ts';
import { jobIdOf, targetJob, TargetJobs } from './bullmq/target-jobs.ts';
import { openTaker, type Taker } from './bullmq/taker.ts';

/** Times in milliseconds, each with its default in limits.redis. */
export interface BullQueueTimes {
  readonly lock: number;
  readonly stalled: number;
  readonly poll: number;
  readonly idle: number;
  readonly stuck: number;
}

export interface BullQueueOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** `redis://…`, or `rediss://…` with TLS. */
  readonly url: string;
  /** Of all keys in Redis: what has the same one is one queue. Default `headgate`. */
  readonly prefix?: string;
  /** Handlers at once in this process, over all keys. Default limits.queue.concurrency. */
  readonly concurrency?: number;
  /** Least time between two starts of one key in all processes together, milliseconds. Default limits.queue.minInterval. */
  readonly minIntervalMs?: number;
  /** Every key that has work, read from the journal. */
  readonly rescan: () => Promise<readonly string[]>;
  /** Default limits.queue.rescan. */
  readonly rescanMs?: number;
  readonly times?: Partial<BullQueueTimes>;
  /** So many keys could not be announced: Redis is away or full. A rescan finds them. */
  readonly onUnannounced?: (keys: number) => void;
}

type Handler = (key: string) => Promise<void>;

const QUEUE = 'targets';
const AWAY = 'Redis is away; what is to be done waits in the journal until it is back';

/**
 * A queue in Redis, shared by all processes that have the same prefix. Redis may lose everything at any moment: `rescan` announces it again.
 * Resolves also while Redis is away.
 */
export async function openBullQueue(options: BullQueueOptions): Promise<Queue> {
  const [bullmq, ioredis] = await Promise.all([import('bullmq'), import('ioredis')]);
  const queue = new BullQueue(options, bullmq, ioredis);
  await queue.open();
  return queue;
}

class BullQueue implements Queue {
  readonly #options: BullQueueOptions;
  readonly #bullmq: typeof BullMq;
  readonly #ioredis: RedisDriver;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #complaints: Complaints;
  readonly #times: BullQueueTimes;
  readonly #concurrency: number;
  readonly #interval: number;
  readonly #prefix: string;
  readonly #redis: Redis;
  readonly #jobs: Jobs;
  readonly #targets: TargetJobs;
  readonly #pace: Pace;
  /** Keys that are worked on in this process. */
  readonly #running = new Map<string, Promise<void>>();
  /** Since when the journal has had work for a key at every rescan, monotonic. */
  #found = new Map<string, number>();
  #taker: Taker | undefined;
  #handler: Handler | undefined;
  #counts: Counts = noCounts;
  /** Until it has answered once. */
  #away = true;
  #stopped = false;
  /** When this process last took a key, or there was none to take; monotonic. */
  #tookAt = 0;
  #loops: (() => Promise<void>)[] = [];

  constructor(options: BullQueueOptions, bullmq: typeof BullMq, ioredis: RedisDriver) {
    const { clock, log, url, prefix = 'headgate' } = options;
    this.#options = options;
    this.#bullmq = bullmq;
    this.#ioredis = ioredis;
    this.#clock = clock;
    this.#log = log;
    this.#complaints = new Complaints(clock, log);
    this.#times = { ...limits.redis, ...options.times };
    this.#concurrency = options.concurrency ?? limits.queue.concurrency;
    this.#interval = options.minIntervalMs ?? limits.queue.minInterval;
    this.#prefix = prefix;
    this.#redis = connectImpatient(ioredis, { clock, url, onError: this.#onError });
    this.#jobs = new bullmq.Queue(QUEUE, {
      connection: this.#redis,
      prefix,
      skipMetasUpdate: true,
      skipVersionCheck: true,
      skipWaitingForReady: true,
    });
    this.#jobs.on('error', this.#onError);
    this.#targets = new TargetJobs(this.#jobs, clock);
    this.#pace = new Pace(this.#redis, prefix, this.#interval);
  }

  /** Waits for the first answer of Redis, for a while. */
  async open(): Promise<void> {
    const connected = new Promise<void>((resolve) => this.#redis.once('ready', () => resolve()));
    const late = new AbortController();
    await Promise.race([connected, pause(this.#clock, limits.redis.connectTimeout, late.signal)]);
    late.abort();
    await this.#look();
    this.#loops.push(every(this.#clock, this.#times.poll, () => this.#look()));
  }

  async enqueue(keys: readonly string[]): Promise<void> {
    if (this.#stopped || keys.length === 0) return;
    if (this.#away) return this.#options.onUnannounced?.(keys.length);
    try {
      await this.#targets.announce([...new Set(keys)]);
    } catch (error) {
      if (this.#redis.status !== 'ready' || isTimeout(error)) this.#goneAway(error);
      else this.#complaints.warn('work could not be announced in Redis; it is found in the journal', error);
      this.#options.onUnannounced?.(keys.length);
    }
  }

  start(handler: Handler): void {
    if (this.#handler || this.#stopped) return;
    this.#handler = handler;
    this.#tookAt = this.#clock.monotonic();
    this.#taker = this.#openTaker();
    this.#loops.push(every(this.#clock, this.#options.rescanMs ?? limits.queue.rescan, () => this.#scan()));
  }

  stats(): QueueStats {
    const { ready, resting, retrying, oldestAt } = this.#counts;
    const oldestMs = oldestAt === null ? 0 : Math.max(0, this.#clock.now() - oldestAt);
    return { waiting: ready + resting, active: this.#running.size, retrying, oldestMs };
  }

  /** What waits stays in Redis, for other processes or the next start. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    const loops = this.#loops.map((end) => end());
    const closing = Promise.all(this.#running.values()).then(() => this.#taker?.close());
    await Promise.all([...loops, closing]);
    await this.#jobs.close().catch(this.#onError);
    this.#redis.disconnect();
  }

  readonly #onError = (error: Error): void => {
    if (!this.#stopped) this.#complaints.warn(this.#redis.status === 'ready' ? 'the queue in Redis complains' : AWAY, error);
  };

  #goneAway(error: unknown): void {
    this.#away = true;
    this.#complaints.warn(AWAY, error);
  }

  #openTaker(): Taker {
    const { clock, url } = this.#options;
    return openTaker({
      ...{ bullmq: this.#bullmq, ioredis: this.#ioredis, clock, url, prefix: this.#prefix, queue: QUEUE },
      concurrency: this.#concurrency,
      lockMs: this.#times.lock,
      stalledMs: this.#times.stalled,
      process: (job, token) => this.#process(job, token),
      onError: this.#onError,
    });
  }

  /** A key that is worked on here already, or was a moment ago anywhere, is put aside for a while. */
  async #process(job: Job, token: string): Promise<void> {
    this.#tookAt = this.#clock.monotonic();
    const { success, data } = targetJob.safeParse(job.data);
    if (!success || !this.#handler) return;
    if (this.#stopped) {
      await job.moveToWait(token);
      throw new this.#bullmq.WaitingError();
    }
    const wait = this.#running.has(data.key) ? this.#interval : await this.#pace.start(jobIdOf(data.key));
    if (wait > 0) {
      await job.moveToDelayed(this.#clock.now() + wait, token);
      throw new this.#bullmq.DelayedError();
    }
    await this.#run(data.key, this.#handler, job.attemptsMade);
  }

  async #run(key: string, handler: Handler, failures: number): Promise<void> {
    const work = Promise.resolve(key).then(handler);
    // Whoever stops waits for its end, whatever that is.
    const ended = work.then(
      () => {},
      () => {},
    );
    this.#running.set(key, ended);
    try {
      await work;
    } catch (error) {
      this.#log.warn('work on a target failed, will retry', { target: key, error: messageOf(error), failures: failures + 1 });
      throw error;
    } finally {
      this.#running.delete(key);
      this.#tookAt = this.#clock.monotonic();
    }
  }

  /** Reads what waits, notices that Redis is away or back, and that nothing is taken any more. */
  async #look(): Promise<void> {
    try {
      this.#counts = await readCounts(this.#redis, this.#jobs, this.#clock.now(), this.#interval);
    } catch (error) {
      this.#tookAt = this.#clock.monotonic();
      return this.#goneAway(error);
    }
    if (this.#away) this.#log.info('Redis answers');
    const wasAway = this.#away;
    this.#away = false;
    if (wasAway && this.#handler && !this.#stopped) void this.#scan();
    this.#watch();
  }

  /** A blocking read may never come back after a connection was lost (BullMQ's issues 4479 and 4484). */
  #watch(): void {
    const now = this.#clock.monotonic();
    if (this.#counts.ready === 0 || this.#running.size >= this.#concurrency) this.#tookAt = now;
    if (!this.#taker || this.#stopped || now - this.#tookAt < this.#times.idle) return;
    this.#log.warn('keys wait in Redis and none is taken; what takes them is built anew', { waiting: this.#counts.ready });
    this.#tookAt = now;
    this.#taker.abandon();
    this.#taker = this.#openTaker();
  }

  /** Finds again what an announcement, a restart or Redis has lost. */
  async #scan(): Promise<void> {
    try {
      const keys = await this.#options.rescan();
      if (!this.#away) await this.#mend(keys);
      await this.enqueue(keys);
    } catch (error) {
      this.#log.warn('queued work could not be looked for, will retry', { error: messageOf(error) });
    }
  }

  async #mend(keys: readonly string[]): Promise<void> {
    const now = this.#clock.monotonic();
    this.#found = new Map(keys.map((key) => [key, this.#found.get(key) ?? now]));
    const stuck = keys.filter((key) => now - (this.#found.get(key) ?? now) >= this.#times.stuck && !this.#running.has(key));
    for (const key of stuck.slice(0, limits.redis.stuckAtOnce)) {
      this.#found.set(key, now);
      if (await this.#targets.mend(key)) this.#log.warn('Redis had lost the turn of a target, not that it has one', { target: key });
    }
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Command timed out';
}
