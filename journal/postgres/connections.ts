import type PostgresModule from 'pg';
import type { Client, ClientConfig, CustomTypesConfig } from 'pg';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';

const bounds = limits.postgres;

/** int8, which pg answers as text: positions, moments and counts are far below 2^53. */
const int8 = 20;

/** The driver, which whoever opens a journal has loaded. */
export type Postgres = typeof PostgresModule;

/** Loads the driver, which costs nothing to those who keep their journal in SQLite. */
export async function loadPostgres(): Promise<Postgres> {
  const { default: pg } = await import('pg');
  return pg;
}

/**
 * How every connection of ours is set up. A commit has reached stable storage before it is answered; the server ends whoever stops in mid-transaction, so
 * that a process that hangs holds the others up for limits.postgres.idleInTransaction at most.
 * @param name what it is for, for people who look at pg_stat_activity
 */
export function clientConfig({ types }: Pick<Postgres, 'types'>, url: string, name: string): ClientConfig {
  return {
    connectionString: url,
    application_name: `headgate ${name}`,
    connectionTimeoutMillis: bounds.connect,
    statement_timeout: bounds.statement,
    lock_timeout: bounds.lock,
    idle_in_transaction_session_timeout: bounds.idleInTransaction,
    keepAlive: true,
    types: ourTypes(types),
  };
}

function ourTypes(types: Postgres['types']): CustomTypesConfig {
  const parser = (oid: number, format?: 'text' | 'binary'): unknown =>
    oid === int8 && format !== 'binary' ? Number : types.getTypeParser(oid, format === 'binary' ? 'binary' : 'text');
  return { getTypeParser: parser as CustomTypesConfig['getTypeParser'] };
}

/**
 * What the commit of every connection rests on, said once it is open: settings of the database or the role may have loosened it. Text must be UTF-8.
 */
export const sessionSettings = `SET synchronous_commit = on; SET jit = off; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET TimeZone = 'UTC'`;

/** Ends a connection that nobody waits for: a server that hangs would not answer a farewell. */
export function abandon(client: Client): void {
  client.on('error', () => {}); // what is left of it has nothing to say
  client.end().catch((error: unknown) => void messageOf(error));
}
