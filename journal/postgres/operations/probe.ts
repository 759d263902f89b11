import { oneByOne } from '#journal/postgres/operations/bulk.ts';
import type { Statement } from '#journal/postgres/session.ts';

const fill: Statement = { name: 'probe', text: `INSERT INTO probe (ballast) VALUES (decode(repeat('00', $1::int), 'hex'))` };
const clear: Statement = { name: 'unprobe', text: 'DELETE FROM probe' };

/** Writes as much as a delivery may need. */
export const probe = oneByOne<'probe'>(async ({ session }, { bytes }) => {
  await session.rows(fill, [bytes]);
  return null;
});

export const unprobe = oneByOne<'unprobe'>(async ({ session }) => {
  await session.rows(clear, []);
  return null;
});
