import type { ClientBase, Pool, PoolClient } from 'pg';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { clientConfig, type Postgres } from '#journal/postgres/connections.ts';

export interface Rows {
  /**
   * Answers a question. It sees whatever was committed before.
   * @throws HeadgateError JOURNAL_UNAVAILABLE when the database does not answer in time
   */
  rows<R extends object>(text: string, values?: readonly unknown[]): Promise<readonly R[]>;
}

/** Connections that answer questions, and cannot write. */
export interface Reader extends Rows {
  /** Several questions about one moment. It may be called again when a connection breaks. */
  snapshot<T>(task: (moment: Rows) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Opens nothing yet: each connection comes about with the first question that finds none free. */
export function openReader(pg: Postgres, url: string): Reader {
  const pool = new pg.Pool({
    ...clientConfig(pg, url, 'reads'),
    options: '-c default_transaction_read_only=on -c jit=off',
    max: limits.postgres.readers,
    query_timeout: limits.postgres.answer,
  });
  pool.on('error', () => {}); // an idle connection broke, and is replaced
  return new PoolReader(pool);
}

class PoolReader implements Reader {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  rows<R extends object>(text: string, values: readonly unknown[] = []): Promise<readonly R[]> {
    return again(async () => (await this.#pool.query<R>(text, [...values])).rows);
  }

  snapshot<T>(task: (moment: Rows) => Promise<T>): Promise<T> {
    return again(async () => inSnapshot(await this.#pool.connect(), task));
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

async function inSnapshot<T>(client: PoolClient, task: (moment: Rows) => Promise<T>): Promise<T> {
  const ignore = (): void => {}; // the question that is under way says it too
  client.on('error', ignore);
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    const answer = await task(rowsOf(client));
    await client.query('COMMIT');
    client.off('error', ignore);
    client.release();
    return answer;
  } catch (error) {
    client.release(true); // not to be used again, whatever state it is in
    throw error;
  }
}

/** Questions on one connection, in whatever transaction it is in. */
export function rowsOf(client: ClientBase): Rows {
  return {
    rows: async <R extends object>(text: string, values: readonly unknown[] = []) => (await client.query<R>(text, [...values])).rows,
  };
}

/** Once more when a connection broke that had been there: the server was restarted, and may be back already. */
async function again<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isBroken(error)) throw unavailable(error);
    return ask().catch((second: unknown) => {
      throw unavailable(second);
    });
  }
}

/** SQLSTATE (Postgres, appendix A) or, where there is none, the code of a system call. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** 57P01: an administrator ended the connection. */
function isBroken(error: unknown): boolean {
  return ['57P01', 'ECONNRESET', 'EPIPE'].includes(codeOf(error)) || messageOf(error) === 'Connection terminated unexpectedly';
}

/**
 * @returns HeadgateError JOURNAL_UNAVAILABLE for trouble with the server or the network. What says that a statement is wrong is our own fault, and stays as it is.
 * Of classes 08, 28, 3D, 53, 57 and 58 the server is to blame, or what it was asked to connect us to.
 */
export function unavailable(error: unknown): unknown {
  if (error instanceof HeadgateError) return error;
  const code = codeOf(error);
  if (code === '42501')
    return new HeadgateError(
      'JOURNAL_UNREADABLE',
      `the account of Headgate has not the rights that it needs in the database: ${messageOf(error)}`,
      {
        hint: 'Let the account own the database, or at least the schema that its search_path begins with.',
        cause: error,
      },
    );
  if (/^[0-9A-Z]{5}$/.test(code) && !/^(08|28|3D|53|57|58)/.test(code) && code !== 'EPIPE') return error;
  return new HeadgateError('JOURNAL_UNAVAILABLE', `the database of the journal does not answer: ${messageOf(error)}`, {
    hint: 'Look at the database server and the network between it and Headgate; it is asked again by itself.',
    cause: error,
  });
}
