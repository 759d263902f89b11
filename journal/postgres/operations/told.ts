import { oneByOne } from '#journal/postgres/operations/bulk.ts';
import type { Statement } from '#journal/postgres/session.ts';

const move: Statement = { name: 'told', text: 'UPDATE sink SET told = $1 WHERE name = $2 AND told < $1' };

/** Moves a sink's position forward, never back. */
export const told = oneByOne<'told'>(async ({ session }, { sink, seq }) => {
  await session.rows(move, [seq, sink]);
  return null;
});
