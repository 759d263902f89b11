import type { Session, Statement } from '#journal/postgres/session.ts';

/**
 * Counts deliveries that have come to one of the two states in which nearly all of them end, or have been removed. One row for each of sixteen
 * connections, so that those who count at once rarely wait for one another; their sum is the count (migrations.ts).
 * @param counts a query for states and how many more there are of each
 */
export function countTally(counts: string): string {
  return `INSERT INTO tally (state, slot, deliveries) SELECT c.state, pg_backend_pid() % 16, c.more FROM (${counts}) AS c (state, more)
    ON CONFLICT (state, slot) DO UPDATE SET deliveries = tally.deliveries + excluded.deliveries`;
}

const add: Statement = { name: 'tally', text: countTally('SELECT $1::text, $2::bigint') };

export async function addTally(session: Session, state: 'done' | 'ignored', deliveries: number): Promise<void> {
  if (deliveries !== 0) await session.rows(add, [state, deliveries]);
}
