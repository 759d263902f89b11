import type { DatabaseSync } from 'node:sqlite';
import { appendOperation } from '#journal/sqlite/operations/append.ts';
import { deferOperation } from '#journal/sqlite/operations/defer.ts';
import { newsNotes } from '#journal/sqlite/operations/news.ts';
import { together } from '#journal/sqlite/operations/notes.ts';
import { erasePersonOperation, personReferences, prunePersonsOperation } from '#journal/sqlite/operations/persons.ts';
import { probeOperation, unprobeOperation } from '#journal/sqlite/operations/probe.ts';
import { observeOperation, releaseOperation } from '#journal/sqlite/operations/progress.ts';
import { pruneChainOperation } from '#journal/sqlite/operations/prune-chain.ts';
import { pruneNewsOperation } from '#journal/sqlite/operations/prune-news.ts';
import { pruneBodiesOperation, pruneRecordsOperation } from '#journal/sqlite/operations/prune.ts';
import { noteOperation, RecordWriter } from '#journal/sqlite/operations/record-writer.ts';
import { recordNotes } from '#journal/sqlite/operations/records.ts';
import { repayOperation } from '#journal/sqlite/operations/repay.ts';
import { seeOperation } from '#journal/sqlite/operations/see.ts';
import { settleOperation } from '#journal/sqlite/operations/settle.ts';
import { takeOperation } from '#journal/sqlite/operations/take.ts';
import { toldOperation } from '#journal/sqlite/operations/told.ts';
import type { Answer, OperationName, Request } from '#journal/protocol.ts';
import type { WriterSettings } from '#journal/sqlite/thread-messages.ts';

export type Prepared = { readonly [N in OperationName]: (request: Request<N>) => Answer<N> } & {
  /** To be called when anything was rolled back: what operations know of what they wrote before. */
  readonly forget: () => void;
};

/**
 * Prepares the statements of every operation on the writer's connection.
 * @param settings `news`: whether what comes about is noted for sinks; `persons`: the key of references to people
 */
export function prepareOperations(db: DatabaseSync, { news, persons }: Pick<WriterSettings, 'news' | 'persons'>): Prepared {
  const records = new RecordWriter(db);
  const references = personReferences(db, persons);
  const recorded = recordNotes(db, records, references);
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
    note: noteOperation(records, references),
    see: seeOperation(db, records),
    pruneBodies: pruneBodiesOperation(db),
    pruneRecords: pruneRecordsOperation(db),
    pruneChain: pruneChainOperation(db, records),
    prunePersons: prunePersonsOperation(db, references),
    erasePerson: erasePersonOperation(db, records, references),
    pruneNews: pruneNewsOperation(db),
    probe: probeOperation(db),
    unprobe: unprobeOperation(db),
    forget() {
      records.forget();
      references.forget();
    },
  };
}
