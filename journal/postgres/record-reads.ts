import type { ChainHead, Records } from '#core/ports/records.ts';
import type { Rows } from '#journal/postgres/reader.ts';
import { columnList, recordColumns, toRecord, type RecordRow } from '#journal/rows.ts';

export const recordQueries = {
  one: `SELECT ${columnList(recordColumns)} FROM record WHERE seq = $1`,
  person: 'SELECT name FROM person WHERE reference = $1',
};

/** The last link; what the chain begins after when it has none. In one question, because the two may change together. */
export const chainHeadQuery = `SELECT seq, hash FROM (
    (SELECT seq, hash FROM record ORDER BY seq DESC LIMIT 1) UNION ALL (SELECT seq, hash FROM record_base)) ends
  ORDER BY seq DESC LIMIT 1`;

/** The chain, beside its pages (archive.ts). */
export function recordReads(reader: Rows): Pick<Records, 'lastSeen' | 'chainHead' | 'record' | 'person'> {
  return {
    async lastSeen() {
      const rows = await reader.rows<{ target: string; revision: string }>('SELECT target, revision FROM applied');
      return new Map(rows.map(({ target, revision }) => [target, revision]));
    },
    async chainHead() {
      const [head] = await reader.rows<ChainHead>(chainHeadQuery);
      if (!head) throw new Error('the chain of records has no beginning');
      return head;
    },
    async record(id) {
      if (!/^[1-9]\d{0,14}$/.test(id)) return undefined;
      const [row] = await reader.rows<RecordRow>(recordQueries.one, [Number(id)]);
      return row && toRecord(row);
    },
    async person(reference) {
      if (reference.includes('\0')) return undefined;
      return (await reader.rows<{ name: string }>(recordQueries.person, [reference]))[0]?.name;
    },
  };
}
