import { limits } from '#core/limits.ts';
import { draftOf } from '#journal/records/chain.ts';
import { oneByOne, type Bulk } from '#journal/postgres/operations/bulk.ts';
import { erased } from '#journal/postgres/operations/records.ts';
import { addTally } from '#journal/postgres/operations/tally.ts';
import type { Statement } from '#journal/postgres/session.ts';

/** What is pending, owed to a cluster, queued or observed is needed yet, whatever its age. */
const finished = `d.state <> 'pending'
  AND NOT EXISTS (SELECT 1 FROM change c WHERE c.delivery = d.id AND c.owed <> '[]')
  AND NOT EXISTS (SELECT 1 FROM change c JOIN reconcile r ON r.change = c.id WHERE c.delivery = d.id AND r.state <> 'ended')`;

/** Deletes bodies only: the delivery and the claim of its id stay. */
export const pruneBodies = pruner('body');

/** Deletes deliveries with everything that came of them (foreign keys). */
export const pruneRecords: Bulk<'pruneRecords'> = (work, requests) => pruneDeliveries(work, requests);
const pruneDeliveries = pruner('delivery');

/**
 * Looks at the next rows in the order of acceptance. It goes on as long as any of them is old enough by date: the wall clock
 * may have jumped, so the first young row is not the end.
 */
function pruner(table: 'body' | 'delivery') {
  const look: Statement = {
    name: `prune look ${table}`,
    text: `SELECT w.seq, d.state, d.received_at < $1 AS old, d.received_at < $1 AND ${finished} AS removable
      FROM (SELECT seq FROM ${table} WHERE seq > $2 ORDER BY seq LIMIT $3) w JOIN delivery d USING (seq) ORDER BY w.seq`,
  };
  const remove: Statement = { name: `prune remove ${table}`, text: `DELETE FROM ${table} WHERE seq = ANY ($1::bigint[])` };
  return oneByOne<'pruneBodies'>(async ({ session }, { before, after, rows }) => {
    const seen = await session.rows<{ seq: number; state: string; old: boolean; removable: boolean }>(look, [before, after, rows]);
    const removable = seen.filter((row) => row.removable);
    if (removable.length > 0) await session.rows(remove, [removable.map(({ seq }) => seq)]);
    for (const state of ['done', 'ignored'] as const)
      if (table === 'delivery') await addTally(session, state, -removable.filter((row) => row.state === state).length);
    const last = seen.at(-1)?.seq;
    const more = seen.length === rows && seen.some(({ old }) => old);
    return { removed: removable.length, next: more ? Number(last) : null };
  });
}

const removeNews: Statement = {
  name: 'prune news',
  text: `DELETE FROM news WHERE seq IN (SELECT seq FROM news ORDER BY seq LIMIT $1)
    AND (seq <= coalesce((SELECT min(told) FROM sink), 9223372036854775807) OR at < $2) RETURNING 1`,
};

/** Deletes notes that every sink is done with, and those whose story may be gone, among the oldest. */
export const pruneNews = oneByOne<'pruneNews'>(async ({ session }, { before, rows }) => {
  return (await session.rows(removeNews, [rows, before])).length;
});

const removePersons: Statement = { name: 'prune persons', text: 'DELETE FROM person WHERE at < $1 RETURNING 1' };

/** Deletes names that no record can need any more: a name's last use is noted once a day. */
export const prunePersons = oneByOne<'prunePersons'>(async ({ session, ledger }, { before }) => {
  const oldest = Math.trunc(before) - limits.records.personRefresh - limits.journal.chainSlack;
  if ((await session.rows(removePersons, [oldest])).length === 0) return null;
  ledger.references.forget();
  await session.rows(erased, []);
  return null;
});

const oldest: Statement = {
  name: 'prune chain oldest',
  text: `SELECT seq, hash, (document::json ->> 'at')::bigint AS at FROM record ORDER BY seq LIMIT $1`,
};
const moveBase: Statement = { name: 'prune chain base', text: 'UPDATE record_base SET seq = $1, hash = $2' };
const removeRecords: Statement = { name: 'prune chain', text: 'DELETE FROM record WHERE seq <= $1' };

/**
 * Cuts the chain at its beginning: the oldest records, up to the first that must stay. What was cut is on record in the same transaction, with the hash of
 * the last of them, which the chain begins after from then on (record_base, migrations.ts). It waits until a day's worth can go, so that a quiet chain does
 * not consist of such records. The record is written before the cut, because the chain must not be empty in between.
 */
export const pruneChain = oneByOne<'pruneChain'>(async ({ session, ledger }, { before, rows, now }) => {
  const seen = await session.rows<{ seq: number; hash: string; at: number }>(oldest, [rows]);
  if ((seen[0]?.at ?? now) >= before - limits.journal.chainSlack) return 0;
  const young = seen.findIndex(({ at }) => at >= before);
  const old = young < 0 ? seen : seen.slice(0, young);
  const [first, last] = [old[0], old.at(-1)];
  if (!first || !last) return 0;
  ledger.add('pruned', now, draftOf({ before, records: { from: first.seq, to: last.seq, hash: last.hash, count: old.length } }));
  await ledger.write(session);
  await session.rows(moveBase, [last.seq, last.hash]);
  await session.rows(removeRecords, [last.seq]);
  return old.length;
});
