import assert from 'node:assert/strict';
import type { PostgresFacts, RedisFacts } from '#core/ports/store-facts.ts';
import { storeChecks } from '#server/checks/stores.ts';

const ref = { env: 'URL' };
const journal = { postgres: { url: ref, data: '/var/lib/headgate' } };
const queue = { redis: { url: ref } };
const postgres: PostgresFacts = { version: 150_014, fsync: true, fullPageWrites: true, synchronousCommit: 'on', free: 80 };
const redis: RedisFacts = { version: '7.0.15', evicts: 'noeviction', appends: true, saves: true };

async function lines(of: {
  readonly postgres?: Partial<PostgresFacts> | Error;
  readonly redis?: Partial<RedisFacts> | Error;
}): Promise<string> {
  const answer = <T>(good: T, other: Partial<T> | Error = {}): Promise<T> =>
    other instanceof Error ? Promise.reject(other) : Promise.resolve({ ...good, ...other });
  const ask = { postgres: () => answer(postgres, of.postgres), redis: () => answer(redis, of.redis) };
  const found = await Promise.all(storeChecks({ journal, queue }, () => Buffer.from('redis://h'), ask).map(({ run }) => run()));
  return found
    .flat()
    .map(({ severity, code, message }) => `${severity} ${code} ${message}`)
    .join('\n');
}

describe('checks of Postgres and Redis', () => {
  it('are none where neither is used', () => {
    const ask = { postgres: () => Promise.reject(new Error()), redis: () => Promise.reject(new Error()) };
    assert.deepEqual(
      storeChecks({ journal: { sqlite: { path: '/j.db' } }, queue: { embedded: {} } }, () => Buffer.from(''), ask),
      [],
    );
  });

  it('are good when all is', async () => {
    assert.equal(
      await lines({}),
      [
        'good POSTGRES_REACHABLE answers',
        'good POSTGRES_VERSION version 15.14',
        'good POSTGRES_DURABLE a commit is on disk when it is answered',
        'good POSTGRES_CONNECTIONS connections left: 80',
        'good REDIS_REACHABLE answers',
        'good REDIS_VERSION version 7.0.15',
        'good REDIS_EVICTION maxmemory-policy: noeviction',
        'good REDIS_PERSISTENCE keeps what it answers (AOF)',
      ].join('\n'),
    );
  });

  it('name whichever does not answer', async () => {
    const found = await lines({ postgres: new Error('ECONNREFUSED'), redis: new Error('WRONGPASS') });
    assert.equal(found, 'bad POSTGRES_REACHABLE does not answer: ECONNREFUSED\nbad REDIS_REACHABLE does not answer: WRONGPASS');
  });

  it('tell what makes Postgres answer before a commit is on disk, few connections and an old version', async () => {
    const found = await lines({ postgres: { version: 130_004, fsync: false, synchronousCommit: 'off', free: 3 } });
    assert.match(found, /bad POSTGRES_VERSION version 13\.4/);
    assert.match(found, /bad POSTGRES_DURABLE off: fsync, synchronous_commit/);
    assert.match(found, /warning POSTGRES_CONNECTIONS connections left: 3/);
    assert.match(await lines({ postgres: { fullPageWrites: false } }), /bad POSTGRES_DURABLE off: full_page_writes/);
  });

  it('tell what makes Redis forget, and an old version', async () => {
    const found = await lines({ redis: { version: '6.0.16', evicts: 'allkeys-lru', appends: false, saves: false } });
    assert.match(found, /bad REDIS_VERSION version 6\.0\.16/);
    assert.match(found, /warning REDIS_EVICTION maxmemory-policy: allkeys-lru/);
    assert.match(found, /warning REDIS_PERSISTENCE keeps nothing/);
    assert.match(await lines({ redis: { appends: false } }), /good REDIS_PERSISTENCE keeps pictures/);
    assert.match(await lines({ redis: { appends: false, saves: null } }), /unknown REDIS_PERSISTENCE/);
  });
});
