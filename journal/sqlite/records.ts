import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#core/clock.ts';
import type { Records } from '#core/ports/records.ts';
import { chainHeadReader } from '#journal/sqlite/operations/record-writer.ts';
import { columnList, recordColumns, toRecord, type RecordRow } from '#journal/rows.ts';
import type { Writer } from '#journal/sqlite/writer.ts';

export const recordQueries = {
  one: `SELECT ${columnList(recordColumns)} FROM record WHERE seq = ?`,
  person: 'SELECT name FROM person WHERE reference = ?',
};

/** The chain, beside its pages (archive.ts). */
export function sqliteRecords(reader: DatabaseSync, writer: Writer, clock: Clock): Omit<Records, 'records'> {
  const head = chainHeadReader(reader);
  const one = reader.prepare(recordQueries.one);
  const lastSeen = reader.prepare('SELECT target, revision FROM applied');
  const person = reader.prepare(recordQueries.person);
  return {
    async note(record) {
      await writer.submit('note', record);
    },
    async see(seen) {
      await writer.submit('see', seen);
    },
    async lastSeen() {
      return new Map(lastSeen.all().map(({ target, revision }) => [String(target), String(revision)]));
    },
    async chainHead() {
      return { ...head() };
    },
    async record(id) {
      if (!/^[1-9]\d{0,14}$/.test(id)) return undefined;
      const row = one.get(Number(id)) as unknown as RecordRow | undefined;
      return row && toRecord(row);
    },
    async person(reference) {
      const name = person.get(reference)?.['name'];
      return name === undefined ? undefined : String(name);
    },
    erasePerson(reference) {
      return writer.submit('erasePerson', { reference, now: clock.now() });
    },
  };
}
