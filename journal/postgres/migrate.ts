import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { HeadgateError } from '#core/errors.ts';
import { migrations } from '#journal/postgres/migrations.ts';

/** Whoever migrates holds this; it is another one than that of the flow (transaction.ts). `Hdgm`. */
const migrationLock = 0x4864676d;

const queries = {
  encoding: `SELECT current_setting('server_encoding') AS encoding, current_setting('server_version_num')::int AS version`,
  isThere: `SELECT to_regclass('headgate_journal') IS NOT NULL AS there`,
  create: `CREATE TABLE IF NOT EXISTS headgate_journal (
    single integer PRIMARY KEY DEFAULT 1 CHECK (single = 1), version integer NOT NULL, instance text NOT NULL, erasures bigint NOT NULL DEFAULT 0,
    persons text)`,
  begin: 'INSERT INTO headgate_journal (version, instance) VALUES (0, $1) ON CONFLICT DO NOTHING',
  version: 'SELECT version FROM headgate_journal',
  reached: 'UPDATE headgate_journal SET version = $1',
};

/** Older ones lack what the schema uses, and are no longer looked after. */
const oldestServer = 130_000;

/**
 * Brings the database to the present schema, each step in a transaction of its own, while other processes use it: they wait for no more than a step.
 * Processes that start at once do it one after another.
 * @throws HeadgateError JOURNAL_NEWER, JOURNAL_UNREADABLE; whatever Postgres says otherwise
 */
export async function migrateJournal(client: Client): Promise<void> {
  await requireServer(client);
  for (let done = false; !done; ) {
    await client.query('BEGIN');
    try {
      await client.query('SET LOCAL statement_timeout = 0'); // an index over many rows takes its time
      await client.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
      done = await step(client);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {}); // what went wrong first is told

      throw error;
    }
  }
}

/** Takes one step under the lock. @returns whether there is none left */
async function step(client: Client): Promise<boolean> {
  const version = await versionOf(client);
  if (version > migrations.length) {
    const known = `this program knows versions up to ${migrations.length}`;
    throw new HeadgateError('JOURNAL_NEWER', `the journal in this database has schema version ${version}; ${known}`);
  }
  const migration = migrations[version];
  if (migration === undefined) return true;
  await client.query(migration);
  await client.query(queries.reached, [version + 1]);
  return false;
}

/** The table is not created where it is there: that would need the right to create tables, which a process that finds everything in place can do without. */
async function versionOf(client: Client): Promise<number> {
  const { rows: found } = await client.query<{ there: boolean }>(queries.isThere);
  if (found[0]?.there !== true) {
    await client.query(queries.create);
    await client.query(queries.begin, [randomUUID()]);
  }
  const { rows } = await client.query<{ version: number }>(queries.version);
  return Number(rows[0]?.version);
}

async function requireServer(client: Client): Promise<void> {
  const { rows } = await client.query<{ encoding: string; version: number }>(queries.encoding);
  const { encoding, version } = rows[0] ?? { encoding: '', version: 0 };
  if (encoding !== 'UTF8') throw new HeadgateError('JOURNAL_UNREADABLE', `the database is encoded in ${encoding}; a journal needs UTF8`);
  if (version >= oldestServer) return;
  throw new HeadgateError('JOURNAL_UNREADABLE', `the server is Postgres ${Math.trunc(version / 10_000)}; 13 or newer is needed`);
}
