import type { DatabaseSync } from 'node:sqlite';
import { limits } from '#core/limits.ts';
import { draftOf } from '#journal/records/chain.ts';
import { PersonReferences } from '#journal/records/person-references.ts';
import type { RecordWriter } from '#journal/sqlite/operations/record-writer.ts';
import type { Request } from '#journal/protocol.ts';

/** References for records, whose names are kept with them, all or nothing. */
export function personReferences(db: DatabaseSync, key: Uint8Array): PersonReferences {
  const keep = db.prepare(`
    INSERT INTO person (reference, name, at) VALUES (?, ?, ?) ON CONFLICT (reference) DO UPDATE SET at = max(at, excluded.at)`);
  return new PersonReferences(key, ({ reference, name, at }) => void keep.run(reference, name.toWellFormed(), Math.trunc(at)));
}

/**
 * Erases whom a reference means, and puts on record that it was erased. The bytes go too, once the log has been moved into the file.
 * @returns false when no name was kept
 */
export function erasePersonOperation(
  db: DatabaseSync,
  writer: RecordWriter,
  references: PersonReferences,
): (request: Request<'erasePerson'>) => boolean {
  const erase = db.prepare('DELETE FROM person WHERE reference = ?');
  return ({ reference, now }) => {
    db.exec('PRAGMA secure_delete = ON');
    const erased = erase.run(reference).changes > 0;
    db.exec('PRAGMA secure_delete = OFF');
    references.forget();
    if (erased) writer.add('erased', now, draftOf({ person: reference }));
    return erased;
  };
}

/** Deletes names that no record can need any more: a name's last use is noted once a day. */
export function prunePersonsOperation(db: DatabaseSync, references: PersonReferences): (request: Request<'prunePersons'>) => null {
  const remove = db.prepare('DELETE FROM person WHERE at < ?');
  return ({ before }) => {
    if (remove.run(Math.trunc(before) - limits.records.personRefresh - limits.journal.chainSlack).changes > 0) references.forget();
    return null;
  };
}
