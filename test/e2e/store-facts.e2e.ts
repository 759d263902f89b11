import assert from 'node:assert/strict';
import { redisFacts } from '#queue/bullmq/redis-facts.ts';
import { startRedis } from './redis/server.ts';

describe('what `headgate check` asks of Redis', function () {
  this.timeout(90_000);

  it('is whether Redis keeps what it holds, and what it throws away', async () => {
    const redis = await startRedis({ settings: { 'maxmemory-policy': 'allkeys-lru' } });
    try {
      const { version, ...facts } = await redisFacts(redis.url);
      assert.match(version, /^\d+\.\d+\.\d+$/);
      assert.deepEqual(facts, { evicts: 'allkeys-lru', appends: false, saves: false });
      await redis.kill();
      await assert.rejects(redisFacts(redis.url), /ECONNREFUSED/);
    } finally {
      await redis.stop();
    }
  });

  it('is the same of a Redis that keeps everything', async () => {
    const redis = await startRedis({ persistence: 'aof' });
    try {
      const { evicts, appends } = await redisFacts(redis.url);
      assert.deepEqual([evicts, appends], ['noeviction', true]);
    } finally {
      await redis.stop();
    }
  });
});
