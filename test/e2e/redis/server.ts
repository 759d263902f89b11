import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startComponent, type Component } from '../cluster/component.ts';
import { freePorts } from '../cluster/free-ports.ts';

export interface RedisServerOptions {
  /** Nothing is kept on disk, or everything that is answered. Default `none`. */
  readonly persistence?: 'none' | 'aof';
  /** Further settings, as in redis.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A real Redis on a loopback port, in a directory of its own. */
export class RedisServer {
  readonly url: string;
  readonly #port: number;
  readonly #directory = mkdtempSync(join(tmpdir(), 'headgate-redis-'));
  readonly #options: RedisServerOptions;
  #process: Component | undefined;

  constructor(port: number, options: RedisServerOptions) {
    this.#port = port;
    this.#options = options;
    this.url = `redis://127.0.0.1:${port}/0`;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const { persistence = 'none', settings = {} } = this.#options;
    const own = { port: `${this.#port}`, bind: '127.0.0.1', dir: this.#directory, save: '', appendfsync: 'always' };
    const all = Object.entries({ ...own, appendonly: persistence === 'aof' ? 'yes' : 'no', ...settings });
    this.#process = await startComponent({
      name: 'redis-server',
      command: 'redis-server',
      args: all.flatMap(([name, value]) => [`--${name}`, value]),
      log: join(this.#directory, 'redis.log'),
    });
    await this.ask((redis) => redis.ping());
  }

  /** Kills it at once; without persistence it forgets everything. */
  async kill(): Promise<void> {
    this.#process?.signal('SIGKILL');
    await this.#process?.exited;
  }

  pause(): void {
    this.#process?.signal('SIGSTOP');
  }

  resume(): void {
    this.#process?.signal('SIGCONT');
  }

  /** Asks it something, by a connection of its own that waits for it. */
  async ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
    redis.on('error', () => {});
    try {
      return await question(redis);
    } finally {
      redis.disconnect();
    }
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { redis } = await freePorts('redis');
  const server = new RedisServer(redis, options);
  await server.start();
  return server;
}
