import type { DatabaseSync } from 'node:sqlite';
import type { ChainHead, NewRecord } from '#core/ports/records.ts';
import { nextLink } from '#journal/records/chain.ts';

const chainHeadQueries = {
  last: 'SELECT seq, hash FROM record ORDER BY seq DESC LIMIT 1',
  base: 'SELECT seq, hash FROM record_base',
};

/** Reads the last link; what the chain begins after when it has none. */
export function chainHeadReader(db: DatabaseSync): () => ChainHead {
  const last = db.prepare(chainHeadQueries.last);
  const base = db.prepare(chainHeadQueries.base);
  return () => (last.get() ?? base.get()) as unknown as ChainHead;
}

/** Adds a link to the chain. The head is read each time: what an earlier operation added may have been rolled back. */
export function recordAdder(db: DatabaseSync): (record: NewRecord) => void {
  const head = chainHeadReader(db);
  const insert = db.prepare('INSERT INTO record (seq, document, hash) VALUES (?, ?, ?)');
  return (record) => {
    const { seq, document, hash } = nextLink(head(), record);
    insert.run(seq, document, hash);
  };
}

/** Puts something else than a decision or an outcome on record. */
export function noteOperation(db: DatabaseSync): (record: NewRecord) => null {
  const add = recordAdder(db);
  return (record) => {
    add(record);
    return null;
  };
}
