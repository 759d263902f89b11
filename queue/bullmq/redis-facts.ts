import type { Redis } from 'ioredis';
import { limits } from '#core/limits.ts';
import type { RedisFacts } from '#core/ports/store-facts.ts';

/** Asks a Redis about itself, once. Rejects when it does not answer in time. */
export async function redisFacts(url: string): Promise<RedisFacts> {
  const { Redis: Client } = await import('ioredis');
  const { store: timeout } = limits.check;
  const client = new Client(url, { lazyConnect: true, connectTimeout: timeout, commandTimeout: timeout, retryStrategy: () => null });
  let problem: Error | undefined;
  client.on('error', (error) => (problem = error));
  try {
    await client.connect();
    return await factsOf(client);
  } catch (error) {
    throw problem ?? error;
  } finally {
    client.disconnect();
  }
}

async function factsOf(client: Redis): Promise<RedisFacts> {
  const info = await client.info();
  const field = (name: string): string => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? '';
  return {
    version: field('redis_version'),
    evicts: field('maxmemory_policy'),
    appends: field('aof_enabled') === '1',
    saves: await savesOf(client),
  };
}

/** Hosts of Redis for others mostly refuse CONFIG. */
async function savesOf(client: Redis): Promise<boolean | null> {
  try {
    const [, value] = (await client.config('GET', 'save')) as string[];
    return value === undefined ? null : value !== '';
  } catch {
    return null;
  }
}
