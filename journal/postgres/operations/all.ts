import { append } from '#journal/postgres/operations/append.ts';
import type { Bulk } from '#journal/postgres/operations/bulk.ts';
import { defer } from '#journal/postgres/operations/defer.ts';
import { giveBack, offer } from '#journal/postgres/operations/offer.ts';
import { probe, unprobe } from '#journal/postgres/operations/probe.ts';
import { lead, resign } from '#journal/postgres/operations/lead.ts';
import { observe, release } from '#journal/postgres/operations/progress.ts';
import { pruneBodies, pruneChain, pruneNews, prunePersons, pruneRecords } from '#journal/postgres/operations/prune.ts';
import { erasePerson, note, see } from '#journal/postgres/operations/records.ts';
import { repay } from '#journal/postgres/operations/repay.ts';
import { settle } from '#journal/postgres/operations/settle.ts';
import { take } from '#journal/postgres/operations/take.ts';
import { told } from '#journal/postgres/operations/told.ts';
import type { PostgresOperation } from '#journal/postgres/protocol.ts';

/** Every operation by its name. */
export const operations: { readonly [N in PostgresOperation]: Bulk<N> } = {
  append,
  settle,
  repay,
  defer,
  take,
  release,
  observe,
  told,
  note,
  see,
  pruneBodies,
  pruneRecords,
  pruneChain,
  prunePersons,
  erasePerson,
  pruneNews,
  probe,
  unprobe,
  offer,
  lead,
  resign,
  giveBack,
};
