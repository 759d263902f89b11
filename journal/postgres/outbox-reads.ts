import type { Note, Outbox } from '#core/ports/journal.ts';
import type { Rows } from '#journal/postgres/reader.ts';

export const outboxQueries = {
  untold: `SELECT seq, kind, change, decision, reconcile, at FROM news
    WHERE seq > (SELECT told FROM sink WHERE name = $1) ORDER BY seq LIMIT $2`,
  backlog: 'SELECT name, (SELECT at FROM news WHERE seq > told ORDER BY seq LIMIT 1) AS oldest FROM sink',
};

/** What sinks have still to be told. News is written in the order of `seq` alone (migrations.ts): none is overtaken. */
export function outboxReads(reader: Rows): Pick<Outbox, 'untold' | 'backlog'> {
  return {
    untold: (sink, limit) => reader.rows<Note>(outboxQueries.untold, [sink, limit]),
    async backlog() {
      const rows = await reader.rows<{ name: string; oldest: number | null }>(outboxQueries.backlog);
      return new Map(rows.map(({ name, oldest }) => [name, oldest]));
    },
  };
}
