import type { Explained } from './explained.ts';

/** What can be found where the journal is in Postgres or the queue in Redis. */
export const storeFindings = {
  POSTGRES_REACHABLE: {
    asks: 'whether Postgres answers, and lets this account in',
    without: 'Headgate does not start; a server that runs refuses deliveries with 503 until it answers.',
    mend: 'Look at the URL of `spec.journal.postgres.url`, at `pg_hba.conf`, and whether `psql` gets in with the same URL.',
  },
  POSTGRES_VERSION: {
    asks: 'the version of Postgres, 14 or newer',
    without: 'The journal may not open, or not keep what it promises.',
    mend: 'Upgrade Postgres: `pg_upgrade`, https://www.postgresql.org/docs/current/upgrading.html.',
  },
  POSTGRES_DURABLE: {
    asks: 'whether Postgres answers a commit when it is on disk, not before (`fsync`, `full_page_writes`, `synchronous_commit`)',
    without: 'Everything works; but a delivery that was answered 2xx can be lost when the machine of Postgres dies.',
    mend: '`ALTER SYSTEM SET fsync = on; ALTER SYSTEM SET full_page_writes = on; ALTER SYSTEM SET synchronous_commit = on; SELECT pg_reload_conf();`',
  },
  POSTGRES_CONNECTIONS: {
    asks: 'how many connections Postgres still takes',
    without: 'Processes that are started, or that connect again, may be refused.',
    mend: 'Raise `max_connections`, or the limit of the account: `ALTER ROLE headgate CONNECTION LIMIT -1`.',
  },
  REDIS_REACHABLE: {
    asks: 'whether Redis answers, and lets this account in',
    without: 'Nothing is lost: work waits in the journal until Redis answers.',
    mend: 'Look at the URL of `spec.queue.redis.url`, and whether `redis-cli -u` gets in with the same URL.',
  },
  REDIS_VERSION: {
    asks: 'the version of Redis, 6.2 or newer',
    without: 'Nothing is lost; but targets may not be handed out.',
    mend: 'Upgrade Redis: https://redis.io/docs/latest/operate/oss_and_stack/install/.',
  },
  REDIS_EVICTION: {
    asks: 'whether Redis throws away what it holds when its memory is full (`maxmemory-policy`)',
    without: 'Nothing is lost: what it throws away costs up to a minute of time, because the journal is asked again.',
    mend: '`redis-cli config set maxmemory-policy noeviction`, and the same in redis.conf.',
  },
  REDIS_PERSISTENCE: {
    asks: 'whether Redis keeps what it holds through a restart',
    without: 'Nothing is lost, never an event: after a restart of Redis targets are found in the journal within seconds.',
    mend: '`redis-cli config set appendonly yes`, and the same in redis.conf.',
  },
} as const satisfies Record<string, Explained>;
