import type { Client, QueryResult, QueryResultRow } from 'pg';
import { messageOf } from '#core/errors.ts';

/** A statement that is parsed once for each connection. */
export interface Statement {
  /** Unique among those of a connection. */
  readonly name: string;
  readonly text: string;
}

/** The connection or the server has failed, not a statement: what was under way may or may not have been written. */
export class ServerFailure extends Error {}

/**
 * Classes of SQLSTATE that concern one statement and what it was given (postgresql.org/docs/15/errcodes-appendix.html): cardinality, data,
 * constraints, names and rights, checks of WITH, and what our triggers raise. Everything else says that the server is in trouble: connections,
 * deadlocks, no room, ended by somebody, input and output, in recovery.
 */
const statementClasses: ReadonlySet<string> = new Set(['21', '22', '23', '42', '44', 'P0']);

/** Runs statements on one connection, one after another. */
export class Session {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** @throws ServerFailure; an error with `code` when the statement was refused for what it says */
  async rows<R>({ name, text }: Statement, values: readonly unknown[]): Promise<readonly R[]> {
    return (await this.#guarded(() => this.#client.query<R & QueryResultRow>({ name, text, values: values.map(storable) }))).rows;
  }

  /** Statements without parameters, separated by semicolons. @returns the tag of the last, such as `COMMIT` */
  async run(text: string): Promise<string> {
    const results: unknown = await this.#guarded(() => this.#client.query(text));
    const last = (Array.isArray(results) ? results.at(-1) : results) as QueryResult;
    return last.command;
  }

  async #guarded<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (code.length === 5 && statementClasses.has(code.slice(0, 2))) throw error;
      throw new ServerFailure(messageOf(error), { cause: error });
    }
  }
}

/** Text in Postgres holds every character but NUL, which becomes what stands for one that is unknown (U+FFFD), as pg does with halves of surrogate pairs. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
  return Array.isArray(value) ? value.map(storable) : value;
}

/** Columns of an insert, with their types, in the order of the statement. */
export type ColumnTypes<R> = { readonly [C in keyof R & string]: string };

/** An INSERT of any number of rows: one parameter for each column, an array with the values of all rows. */
export class BulkInsert<R> {
  readonly #statement: Statement;
  readonly #columns: readonly (keyof R & string)[];

  /** @param then what follows, such as ON CONFLICT DO NOTHING */
  constructor(table: string, types: ColumnTypes<R>, then = '') {
    this.#columns = Object.keys(types) as (keyof R & string)[];
    const names = this.#columns.map((column) => `"${column}"`).join(', ');
    const parameters = this.#columns.map((column, index) => `$${index + 1}::${types[column]}[]`).join(', ');
    const text = `INSERT INTO ${table} (${names}) SELECT * FROM unnest(${parameters}) ${then}`;
    this.#statement = { name: `insert ${table}`, text };
  }

  /** In the order of the rows. */
  async run(session: Session, rows: readonly R[]): Promise<void> {
    if (rows.length === 0) return;
    await session.rows(
      this.#statement,
      this.#columns.map((column) => rows.map((row) => row[column])),
    );
  }
}
