import type { DatabaseSync } from 'node:sqlite';
import { appendOperation } from '#journal/sqlite/operations/append.ts';
import { deferOperation } from '#journal/sqlite/operations/defer.ts';
import { probeOperation, unprobeOperation } from '#journal/sqlite/operations/probe.ts';
import { observeOperation, releaseOperation } from '#journal/sqlite/operations/progress.ts';
import { pruneBodiesOperation, pruneRecordsOperation } from '#journal/sqlite/operations/prune.ts';
import { repayOperation } from '#journal/sqlite/operations/repay.ts';
import { settleOperation } from '#journal/sqlite/operations/settle.ts';
import { takeOperation } from '#journal/sqlite/operations/take.ts';
import type { Answer, OperationName, Request } from '#journal/sqlite/protocol.ts';

export type Prepared = { readonly [N in OperationName]: (request: Request<N>) => Answer<N> };

/** Prepares the statements of every operation on the writer's connection. */
export function prepareOperations(db: DatabaseSync): Prepared {
  return {
    append: appendOperation(db),
    settle: settleOperation(db),
    repay: repayOperation(db),
    defer: deferOperation(db),
    take: takeOperation(db),
    release: releaseOperation(db),
    observe: observeOperation(db),
    pruneBodies: pruneBodiesOperation(db),
    pruneRecords: pruneRecordsOperation(db),
    probe: probeOperation(db),
    unprobe: unprobeOperation(db),
  };
}
