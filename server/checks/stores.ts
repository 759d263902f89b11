import type { SecretRef } from '#config/secret-ref.ts';
import type { JournalConfig, QueueConfig } from '#config/stores-schema.ts';
import { messageOf } from '#core/errors.ts';
import { finding, type Check, type Finding } from '#core/finding.ts';
import { limits } from '#core/limits.ts';
import type { PostgresFacts, RedisFacts, StoreFacts } from '#core/ports/store-facts.ts';

interface StoreConfig {
  readonly journal: JournalConfig;
  readonly queue: QueueConfig;
}

/**
 * Whether Postgres and Redis answer, and how they are set up; nothing where neither is used.
 * @param read the value of a secret, rejecting as SecretStore.requireSecret does
 */
export function storeChecks({ journal, queue }: StoreConfig, read: (ref: SecretRef) => Uint8Array, ask: StoreFacts): readonly Check[] {
  const urlOf = (ref: SecretRef): string => Buffer.from(read(ref)).toString('utf8');
  const { postgres } = journal;
  const { redis } = queue;
  return [
    ...(postgres
      ? [storeCheck('postgres', 'POSTGRES_REACHABLE', async () => postgresFindings(await ask.postgres(urlOf(postgres.url))))]
      : []),
    ...(redis ? [storeCheck('redis', 'REDIS_REACHABLE', async () => redisFindings(await ask.redis(urlOf(redis.url))))] : []),
  ];
}

function storeCheck(about: string, code: 'POSTGRES_REACHABLE' | 'REDIS_REACHABLE', look: () => Promise<readonly Finding[]>): Check {
  return {
    about,
    async run() {
      try {
        const found = await look();
        return [finding(code, about, 'good', 'answers'), ...found];
      } catch (error) {
        return [finding(code, about, 'bad', `does not answer: ${messageOf(error)}`)];
      }
    },
  };
}

function postgresFindings(facts: PostgresFacts): readonly Finding[] {
  const [about, major] = ['postgres', Math.floor(facts.version / 10_000)];
  const version = `version ${major}.${facts.version % 10_000}`;
  const off = [
    ...(facts.fsync ? [] : ['fsync']),
    ...(facts.fullPageWrites ? [] : ['full_page_writes']),
    ...(facts.synchronousCommit === 'off' ? ['synchronous_commit'] : []),
  ];
  const isFew = facts.free < limits.check.postgresConnections;
  return [
    finding('POSTGRES_VERSION', about, major < limits.check.postgresMajor ? 'bad' : 'good', version),
    off.length === 0
      ? finding('POSTGRES_DURABLE', about, 'good', 'a commit is on disk when it is answered')
      : finding('POSTGRES_DURABLE', about, 'bad', `off: ${off.join(', ')}`),
    finding('POSTGRES_CONNECTIONS', about, isFew ? 'warning' : 'good', `connections left: ${facts.free}`),
  ];
}

function redisFindings({ version, evicts, appends, saves }: RedisFacts): readonly Finding[] {
  const about = 'redis';
  const keeps = appends ? 'keeps what it answers (AOF)' : 'keeps pictures of what it held (RDB)';
  return [
    finding('REDIS_VERSION', about, isOld(version) ? 'bad' : 'good', `version ${version}`),
    finding('REDIS_EVICTION', about, evicts === 'noeviction' ? 'good' : 'warning', `maxmemory-policy: ${evicts}`),
    appends || saves === true
      ? finding('REDIS_PERSISTENCE', about, 'good', keeps)
      : finding(
          'REDIS_PERSISTENCE',
          about,
          saves === null ? 'unknown' : 'warning',
          saves === null ? 'does not say whether it keeps anything' : 'keeps nothing',
        ),
  ];
}

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [needMajor, needMinor] = limits.check.redisVersion;
  return major < needMajor || (major === needMajor && minor < needMinor);
}
