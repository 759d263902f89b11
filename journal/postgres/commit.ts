import { HeadgateError, messageOf } from '#core/errors.ts';
import type { Reply } from '#journal/protocol.ts';
import type { Work } from '#journal/postgres/operations/bulk.ts';
import { refusalOf } from '#journal/postgres/operations/lead.ts';
import { operations } from '#journal/postgres/operations/all.ts';
import { schedule, type Group, type PostgresCall } from '#journal/postgres/schedule.ts';
import type { PostgresOperation } from '#journal/postgres/protocol.ts';
import { ServerFailure, type Statement } from '#journal/postgres/session.ts';

/** `Hdgt`. One lock for every journal of a database: two of them there wait for each other, and no more. */
export const flowLock = 0x48646774;

/** What does not take the lock of the flow: it touches nothing that has an order across processes. */
const besides: ReadonlySet<PostgresOperation> = new Set(['append', 'defer', 'probe', 'unprobe', 'offer', 'giveBack']);
/** One statement each, which is a transaction by itself. */
const alone: ReadonlySet<PostgresOperation> = new Set(['append', 'defer', 'offer']);

const targetsOf: Statement = { name: 'targets', text: 'SELECT id, target FROM reconcile WHERE id = ANY ($1::text[])' };

/**
 * Runs a batch in one transaction. Hardly any operation fails, so the batch is tried as a whole, operations of one kind together, and run again from its
 * beginning one by one once one of them has failed: then that one undoes itself alone.
 * @throws ServerFailure when the connection or the server fails: the fate of all of them is not known then
 */
export async function commitBatch(work: Work, batch: readonly PostgresCall[]): Promise<readonly Reply[]> {
  return (await tryTogether(work, batch)) ?? transaction(work, batch, () => inTurn(work, batch));
}

/** Undefined, and nothing is written, when an operation failed. */
async function tryTogether(work: Work, batch: readonly PostgresCall[]): Promise<readonly Reply[] | undefined> {
  try {
    const groups = schedule(batch, new Map());
    const [only] = groups;
    if (only && groups.length === 1 && alone.has(only.name)) return inPlace(batch, [await performAll(work, only)], groups);
    return await transaction(work, batch, () => together(work, batch));
  } catch (error) {
    if (error instanceof ServerFailure) throw error;
    return undefined;
  }
}

async function transaction<T>({ session, ledger }: Work, batch: readonly PostgresCall[], task: () => Promise<T>): Promise<T> {
  const isFlow = batch.some(({ name }) => !besides.has(name));
  try {
    await session.run(isFlow ? `BEGIN; SELECT pg_advisory_xact_lock(${flowLock})` : 'BEGIN');
    if (isFlow) await ledger.open(session);
    const answer = await task();
    if (isFlow) await ledger.write(session);
    const tag = await session.run('COMMIT');
    if (tag !== 'COMMIT') throw new ServerFailure(`the transaction ended with ${tag}`);
    ledger.close();
    return answer;
  } catch (error) {
    ledger.forget();
    if (!(error instanceof ServerFailure)) await session.run('ROLLBACK');
    throw error;
  }
}

async function together(work: Work, batch: readonly PostgresCall[]): Promise<readonly Reply[]> {
  const groups = schedule(batch, await targetsIn(work, batch));
  const replies: (readonly Reply[])[] = [];
  for (const group of groups) replies.push(await performAll(work, group));
  return inPlace(batch, replies, groups);
}

/** Only where something else may touch them. */
async function targetsIn({ session }: Work, batch: readonly PostgresCall[]): Promise<ReadonlyMap<string, string>> {
  const ids = batch.flatMap(({ name, request }) => (name === 'observe' ? [(request as { readonly reconcile: string }).reconcile] : []));
  if (ids.length === 0 || ids.length === batch.length) return new Map();
  const rows = await session.rows<{ id: string; target: string }>(targetsOf, [ids]);
  return new Map(rows.map(({ id, target }) => [id, target]));
}

async function performAll(work: Work, { name, calls }: Group): Promise<readonly Reply[]> {
  const refusal = work.ledger.isOpen ? refusalOf(work, name) : undefined;
  if (refusal) return calls.map(() => refusal);
  // The union of operations cannot be called with the union of requests; submit pairs them by type.
  const perform = operations[name] as (work: Work, requests: readonly unknown[]) => Promise<readonly Reply[]>;
  return perform(
    work,
    calls.map(({ request }) => request),
  );
}

function inPlace(batch: readonly PostgresCall[], replies: readonly (readonly Reply[])[], groups: readonly Group[]): readonly Reply[] {
  const placed = new Map(groups.flatMap(({ calls }, at) => calls.map(({ place }, index) => [place, replies[at]?.[index]] as const)));
  return batch.map((_, place) => placed.get(place) ?? { code: null, message: 'the journal gave no reply' });
}

async function inTurn(work: Work, batch: readonly PostgresCall[]): Promise<readonly Reply[]> {
  const replies: Reply[] = [];
  for (const call of batch) replies.push(await isolated(work, call));
  return replies;
}

async function isolated(work: Work, { name, request }: PostgresCall): Promise<Reply> {
  const { session, ledger } = work;
  const mark = ledger.isOpen ? ledger.mark() : undefined;
  await session.run('SAVEPOINT operation');
  try {
    const [reply] = await performAll(work, { name, calls: [{ request, place: 0 }] });
    if (mark) await ledger.write(session);
    await session.run('RELEASE operation');
    return reply ?? { code: null, message: 'the journal gave no reply' };
  } catch (error) {
    if (error instanceof ServerFailure) throw error;
    await session.run('ROLLBACK TO operation; RELEASE operation');
    if (mark) ledger.undo(mark);
    return { code: error instanceof HeadgateError ? error.code : null, message: messageOf(error) };
  }
}
