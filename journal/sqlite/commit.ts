import type { DatabaseSync } from 'node:sqlite';
import { HeadgateError, messageOf } from '#core/errors.ts';
import type { Prepared } from '#journal/sqlite/operations/all.ts';
import type { Call, Reply } from '#journal/sqlite/protocol.ts';

/** Primary result codes that concern one statement only: ERROR, TOOBIG, CONSTRAINT, MISMATCH, RANGE (sqlite.org/rescode.html). */
const statementErrors: ReadonlySet<number> = new Set([1, 18, 19, 20, 25]);

/**
 * Runs a batch in one transaction with one fsync. An operation that fails undoes itself alone. When the disk fails, in a
 * statement or in the COMMIT, everything is rolled back and every operation of the batch is answered JOURNAL_UNAVAILABLE;
 * the connection stays usable, so the next batch succeeds as soon as the disk does.
 */
export function commitBatch(db: DatabaseSync, operations: Prepared, batch: readonly Call[]): readonly Reply[] {
  try {
    db.exec('BEGIN IMMEDIATE');
    const replies = batch.map((call) => isolated(db, operations, call));
    db.exec('COMMIT');
    return replies;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    const message = `the journal could not be written: ${messageOf(error)}`;
    return batch.map(() => ({ code: 'JOURNAL_UNAVAILABLE', message }));
  }
}

function isolated(db: DatabaseSync, operations: Prepared, call: Call): Reply {
  const many = call.name !== 'append';
  if (many) db.exec('SAVEPOINT operation');
  try {
    const answer = perform(operations, call);
    if (many) db.exec('RELEASE operation');
    return { answer };
  } catch (error) {
    if (isMediumError(error)) throw error;
    if (many) db.exec('ROLLBACK TO operation; RELEASE operation');
    return { code: error instanceof HeadgateError ? error.code : null, message: messageOf(error) };
  }
}

function perform(operations: Prepared, { name, request }: Call): unknown {
  // The union of operations cannot be called with the union of requests; Writer.submit pairs them by type.
  const operation = operations[name] as (request: unknown) => unknown;
  return operation(request);
}

function isMediumError(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return false;
  return !statementErrors.has(error.errcode & 0xff);
}
