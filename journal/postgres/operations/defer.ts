import type { Bulk } from '#journal/postgres/operations/bulk.ts';
import type { Statement } from '#journal/postgres/session.ts';

const write: Statement = {
  name: 'defer',
  text: `UPDATE delivery d SET attempts = d.attempts + 1, reason = w.reason, due = coalesce(w.due, d.due),
      state = CASE WHEN w.due IS NULL THEN 'dead' ELSE d.state END, settled_at = CASE WHEN w.due IS NULL THEN w.now END
    FROM unnest($1::text[], $2::text[], $3::double precision[], $4::bigint[]) AS w (id, reason, due, now) WHERE d.id = w.id AND d.state = 'pending'`,
};

/** Notes failed attempts of deliveries that are still pending. */
export const defer: Bulk<'defer'> = async ({ session }, requests) => {
  await session.rows(write, [
    requests.map(({ delivery }) => delivery),
    requests.map(({ reason }) => reason),
    requests.map(({ due }) => due),
    requests.map(({ now }) => Math.trunc(now)),
  ]);
  return requests.map(() => ({ answer: null }));
};
