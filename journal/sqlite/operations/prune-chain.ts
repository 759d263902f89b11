import type { DatabaseSync } from 'node:sqlite';
import { limits } from '#core/limits.ts';
import { draftOf } from '#journal/records/chain.ts';
import type { RecordWriter } from '#journal/sqlite/operations/record-writer.ts';
import type { Answer, Request } from '#journal/protocol.ts';

/**
 * Cuts the chain at its beginning: the oldest records, up to the first that must stay. What was cut is on record in the same
 * transaction, with the hash of the last of them, which the chain begins after from then on (record_base, migrations.ts).
 * It waits until a day's worth can go, so that a quiet chain does not consist of such records.
 */
export function pruneChainOperation(db: DatabaseSync, writer: RecordWriter): (request: Request<'pruneChain'>) => Answer<'pruneChain'> {
  const oldest = db.prepare(`SELECT seq, hash, document ->> '$.at' AS at FROM record ORDER BY seq LIMIT ?`);
  const move = db.prepare('UPDATE record_base SET seq = ?, hash = ?');
  const remove = db.prepare('DELETE FROM record WHERE seq <= ?');
  return ({ before, rows, now }) => {
    const seen = oldest.all(rows);
    if (Number(seen[0]?.['at'] ?? now) >= before - limits.journal.chainSlack) return 0;
    const young = seen.findIndex((row) => Number(row['at']) >= before);
    const old = young < 0 ? seen : seen.slice(0, young);
    const [first, last] = [old[0], old.at(-1)];
    if (!first || !last) return 0;
    const records = { from: first['seq'], to: last['seq'], hash: last['hash'], count: old.length };
    writer.add('pruned', now, draftOf({ before, records }));
    move.run(last['seq'] ?? null, last['hash'] ?? null);
    remove.run(last['seq'] ?? null);
    return old.length;
  };
}
