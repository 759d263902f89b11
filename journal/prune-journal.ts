import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { Upkeep } from '#core/ports/journal.ts';
import type { PruneAnswer, Submitter } from '#journal/protocol.ts';

/** Retention (Upkeep.prune), a few rows at a time: what else is written waits for one step at most. */
export async function pruneJournal(writer: Submitter, before: Parameters<Upkeep['prune']>[0], clock: Clock): ReturnType<Upkeep['prune']> {
  const bodies = await pruneInSteps(writer, 'pruneBodies', before.bodies);
  const records = await pruneInSteps(writer, 'pruneRecords', before.records);
  await pruneNews(writer, before.records);
  await pruneChain(writer, before.records, clock);
  await writer.submit('prunePersons', { before: before.records });
  if (bodies + records > 0)
    await writer.submit('note', { kind: 'pruned', at: clock.now(), content: { before, bodies, deliveries: records } });
  return { bodies, records };
}

async function pruneInSteps(writer: Submitter, step: 'pruneBodies' | 'pruneRecords', before: number): Promise<number> {
  let removed = 0;
  for (let after: number | null = 0; after !== null; ) {
    const answer: PruneAnswer = await writer.submit(step, { before, after, rows: limits.journal.pruneRows });
    removed += answer.removed;
    after = answer.next;
  }
  return removed;
}

async function pruneNews(writer: Submitter, before: number): Promise<void> {
  const rows = limits.journal.pruneRows;
  let removed: number = rows;
  while (removed === rows) removed = await writer.submit('pruneNews', { before, rows });
}

/** Each cut is on record by itself. */
async function pruneChain(writer: Submitter, before: number, clock: Clock): Promise<void> {
  const rows = limits.journal.chainRows;
  let removed: number = rows;
  while (removed === rows) removed = await writer.submit('pruneChain', { before, rows, now: clock.now() });
}
