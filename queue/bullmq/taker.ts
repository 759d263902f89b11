import type * as BullMq from 'bullmq';
import type { Job, Worker, WorkerOptions } from 'bullmq';
import { backOff, type Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { connectPatient, type RedisDriver } from './connect.ts';

export interface TakerOptions {
  readonly bullmq: typeof BullMq;
  readonly ioredis: RedisDriver;
  readonly clock: Clock;
  readonly url: string;
  readonly prefix: string;
  readonly queue: string;
  readonly concurrency: number;
  /** How long a job is kept without a sign of life, and between two looks for such jobs, milliseconds. */
  readonly lockMs: number;
  readonly stalledMs: number;
  readonly process: (job: Job, token: string) => Promise<void>;
  readonly onError: (error: Error) => void;
}

/** What takes jobs out of Redis, with connections of its own. */
export interface Taker {
  /** Takes nothing more, and resolves when what it has taken is given back; at the latest after limits.redis.stop. */
  close(): Promise<void>;
  /** The same without waiting: what runs goes on, and what is left of it is taken by others when its lock has run out. */
  abandon(): void;
}

export function openTaker(options: TakerOptions): Taker {
  const { bullmq, clock, url, onError } = options;
  const client = connectPatient(options.ioredis, { clock, url, onError });
  const worker = new bullmq.Worker(options.queue, (job, token = '') => options.process(job, token), {
    connection: client,
    ...workerOptions(options),
  });
  worker.on('error', onError);
  const abandon = (): void => {
    void worker
      .close(true)
      .catch(onError)
      .finally(() => client.disconnect());
  };
  return { close: () => closeOf(worker, clock, onError).finally(() => client.disconnect()), abandon };
}

function workerOptions({ clock, prefix, concurrency, lockMs, stalledMs }: TakerOptions): Omit<WorkerOptions, 'connection'> {
  return {
    prefix,
    concurrency,
    lockDuration: lockMs,
    stalledInterval: stalledMs,
    // However often a process dies with it: a target that is given up would wait for the rescan each time.
    maxStalledCount: 1_000_000,
    drainDelay: limits.redis.blockSeconds,
    runRetryDelay: limits.redis.poll,
    // `headgate check` looks at the version; BullMQ would write to the console.
    skipVersionCheck: true,
    settings: {
      backoffStrategy: (attempts) => backOff(clock, attempts - 1, limits.queue.retryBase, limits.queue.retryCap),
    },
  };
}

/** In order while Redis answers; a connection that is away is not waited for. */
async function closeOf(worker: Worker, clock: Clock, onError: (error: Error) => void): Promise<void> {
  let cancel = (): void => {};
  const late = new Promise<void>((resolve) => (cancel = clock.after(limits.redis.stop, resolve)));
  await Promise.race([worker.close().catch(onError), late]);
  cancel();
}
