import type { DatabaseSync } from 'node:sqlite';
import { appendOperation } from '#journal/sqlite/operations/append.ts';
import { deferOperation } from '#journal/sqlite/operations/defer.ts';
import { newsNotes } from '#journal/sqlite/operations/news.ts';
import { together } from '#journal/sqlite/operations/notes.ts';
import { probeOperation, unprobeOperation } from '#journal/sqlite/operations/probe.ts';
import { observeOperation, releaseOperation } from '#journal/sqlite/operations/progress.ts';
import { pruneChainOperation } from '#journal/sqlite/operations/prune-chain.ts';
import { pruneNewsOperation } from '#journal/sqlite/operations/prune-news.ts';
import { pruneBodiesOperation, pruneRecordsOperation } from '#journal/sqlite/operations/prune.ts';
import { noteOperation, RecordWriter } from '#journal/sqlite/operations/record-writer.ts';
import { recordNotes } from '#journal/sqlite/operations/records.ts';
import { repayOperation } from '#journal/sqlite/operations/repay.ts';
import { settleOperation } from '#journal/sqlite/operations/settle.ts';
import { takeOperation } from '#journal/sqlite/operations/take.ts';
import { toldOperation } from '#journal/sqlite/operations/told.ts';
import type { Answer, OperationName, Request } from '#journal/sqlite/protocol.ts';

export type Prepared = { readonly [N in OperationName]: (request: Request<N>) => Answer<N> } & {
  /** To be called when anything was rolled back: what operations know of what they wrote before. */
  readonly forget: () => void;
};

/**
 * Prepares the statements of every operation on the writer's connection.
 * @param news whether what comes about is noted for sinks
 */
export function prepareOperations(db: DatabaseSync, news: boolean): Prepared {
  const records = new RecordWriter(db);
  const recorded = recordNotes(db, records);
  const note = news ? together(newsNotes(db), recorded) : recorded;
  return {
    append: appendOperation(db),
    settle: settleOperation(db, note),
    repay: repayOperation(db, note),
    defer: deferOperation(db),
    take: takeOperation(db, note),
    release: releaseOperation(db, note),
    observe: observeOperation(db, note),
    told: toldOperation(db),
    note: noteOperation(records),
    pruneBodies: pruneBodiesOperation(db),
    pruneRecords: pruneRecordsOperation(db),
    pruneChain: pruneChainOperation(db, records),
    pruneNews: pruneNewsOperation(db),
    probe: probeOperation(db),
    unprobe: unprobeOperation(db),
    forget: () => records.forget(),
  };
}
