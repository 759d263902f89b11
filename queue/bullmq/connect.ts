import type { Redis, RedisOptions } from 'ioredis';
import { backOff, type Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';

/** What `import('ioredis')` brings, as far as it is needed. */
export interface RedisDriver {
  readonly Redis: new (url: string, options: RedisOptions) => Redis;
}

export interface Connecting {
  readonly clock: Clock;
  /** `redis://…`, or `rediss://…` with TLS. */
  readonly url: string;
  /** Told of whatever is wrong with it, at each attempt. */
  readonly onError: (error: Error) => void;
}

/** A connection for whoever must not wait: what it cannot send now, or gets no answer to in time, fails. */
export function connectImpatient(driver: RedisDriver, connecting: Connecting): Redis {
  return connect(driver, connecting, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: limits.redis.commandTimeout,
  });
}

/** A connection for whoever has time: what it cannot send waits for Redis to be back. BullMQ reads from it and from a copy of it. */
export function connectPatient(driver: RedisDriver, connecting: Connecting): Redis {
  return connect(driver, connecting, { maxRetriesPerRequest: null });
}

function connect({ Redis: Client }: RedisDriver, { clock, url, onError }: Connecting, options: RedisOptions): Redis {
  const client = new Client(url, {
    connectTimeout: limits.redis.connectTimeout,
    socketTimeout: limits.redis.socketTimeout,
    retryStrategy: (times) => backOff(clock, times, limits.redis.reconnectBase, limits.redis.reconnectCap),
    ...options,
  });
  client.on('error', onError);
  return client;
}
