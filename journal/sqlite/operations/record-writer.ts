import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ChainHead, NewRecord, RecordKind } from '#core/ports/records.ts';
import type { PersonReferences } from '#journal/records/person-references.ts';
import { draftOf, nextLink, type Draft } from '#journal/records/chain.ts';

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

/**
 * Adds links to the chain of the writer's connection. There is one of it, and nobody else adds any: so the head is read once and
 * then known, until something is rolled back.
 */
export class RecordWriter {
  readonly #read: () => ChainHead;
  readonly #insert: StatementSync;
  #head: ChainHead | undefined;

  constructor(db: DatabaseSync) {
    this.#read = chainHeadReader(db);
    this.#insert = db.prepare('INSERT INTO record (seq, document, hash) VALUES (?, ?, ?)');
  }

  add(kind: RecordKind, at: number, draft: Draft): void {
    const link = nextLink((this.#head ??= this.#read()), kind, at, draft);
    this.#insert.run(link.seq, link.document, link.hash);
    this.#head = link;
  }

  /** What was added may have been rolled back. */
  forget(): void {
    this.#head = undefined;
  }
}

/** Puts something else than a decision or an outcome on record. */
export function noteOperation(writer: RecordWriter, references: PersonReferences): (record: NewRecord) => null {
  return ({ kind, at, content }) => {
    writer.add(kind, at, draftOf(references.inFacts(content, at)));
    return null;
  };
}
