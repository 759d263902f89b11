import type { DatabaseSync } from 'node:sqlite';
import { HeadgateError, messageOf } from '#core/errors.ts';
import type { Prepared } from '#journal/sqlite/operations/all.ts';
import type { Call, Reply } from '#journal/protocol.ts';

/** Primary result codes that concern one statement only: ERROR, TOOBIG, CONSTRAINT, MISMATCH, RANGE (sqlite.org/rescode.html). */
const statementErrors: ReadonlySet<number> = new Set([1, 18, 19, 20, 25]);

/**
 * Runs a batch in one transaction with one fsync. An operation that fails undoes itself alone. When the disk fails, in a
 * statement or in the COMMIT, everything is rolled back and every operation of the batch is answered JOURNAL_UNAVAILABLE;
 * the connection stays usable, so the next batch succeeds as soon as the disk does.
 *
 * Hardly any operation fails, and savepoints took a twelfth of the writer's time. So a batch is tried without them, and run
 * again from its beginning with them once one of its operations has failed: what operations remember of what they wrote is forgotten
 * with every rollback.
 */
export function commitBatch(db: DatabaseSync, operations: Prepared, batch: readonly Call[]): readonly Reply[] {
  try {
    return tryTogether(db, operations, batch) ?? transaction(db, operations, () => batch.map((call) => isolated(db, operations, call)));
  } catch (error) {
    const message = `the journal could not be written: ${messageOf(error)}`;
    return batch.map(() => ({ code: 'JOURNAL_UNAVAILABLE', message }));
  }
}

/** Undefined, and nothing is written, when an operation failed. */
function tryTogether(db: DatabaseSync, operations: Prepared, batch: readonly Call[]): readonly Reply[] | undefined {
  let performing = false;
  try {
    return transaction(db, operations, () => {
      performing = true;
      const replies = batch.map((call) => ({ answer: perform(operations, call) }));
      performing = false;
      return replies;
    });
  } catch (error) {
    if (performing && !isMediumError(error)) return undefined;
    throw error;
  }
}

function transaction<T>(db: DatabaseSync, { forget }: Prepared, task: () => T): T {
  try {
    db.exec('BEGIN IMMEDIATE');
    const answer = task();
    db.exec('COMMIT');
    return answer;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    forget();
    throw error;
  }
}

function isolated(db: DatabaseSync, operations: Prepared, call: Call): Reply {
  db.exec('SAVEPOINT operation');
  try {
    const answer = perform(operations, call);
    db.exec('RELEASE operation');
    return { answer };
  } catch (error) {
    if (isMediumError(error)) throw error;
    db.exec('ROLLBACK TO operation; RELEASE operation');
    operations.forget();
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
