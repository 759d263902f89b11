import { limits } from '#core/limits.ts';
import { oneByOne } from '#journal/postgres/operations/bulk.ts';
import type { Statement } from '#journal/postgres/session.ts';

const { offer: offerMs, offered: least } = limits.postgres;

/**
 * The target that has waited longest first. What is offered to another process, or leased by it, is left out; what was offered to this one before is told
 * again. One INSERT makes the offers: of two processes that ask at once, the second waits for the first one's and then passes them over. It goes through
 * them in the order of their names, so that no two wait for each other in a circle.
 */
const offers: Statement = {
  name: 'offer',
  text: `WITH waiting AS (SELECT target, min(seq) AS first FROM reconcile WHERE state = 'queued' GROUP BY target),
    free AS (
      SELECT w.target, w.first FROM waiting w
      WHERE NOT EXISTS (SELECT 1 FROM lease l
          WHERE l.target = w.target AND l.holder <> $1 AND l.expires > $2 AND l.expires <= $2::double precision + 2 * $3::double precision)
        AND NOT EXISTS (SELECT 1 FROM offer o
          WHERE o.target = w.target AND o.holder <> $1 AND o.until > $2 AND o.until <= $2::double precision + ${2 * offerMs})
      ORDER BY w.first LIMIT (SELECT greatest(${least}, (count(*) + 1) / 2) FROM waiting)),
    offered AS (
      INSERT INTO offer (target, holder, until) SELECT target, $1, $2::double precision + ${offerMs} FROM free ORDER BY target
      ON CONFLICT (target) DO UPDATE SET holder = excluded.holder, until = excluded.until
        WHERE offer.holder = excluded.holder OR offer.until <= $2 OR offer.until > $2::double precision + ${2 * offerMs}
      RETURNING target)
    SELECT target FROM free JOIN offered USING (target) ORDER BY first`,
};

/** Offers targets that wait to a process: half of them at most when there are many, so that every process gets some. */
export const offer = oneByOne<'offer'>(async ({ session, leaseMs }, { holder, now }) => {
  return (await session.rows<{ target: string }>(offers, [holder, now, leaseMs])).map(({ target }) => target);
});

const returnLeases: Statement = { name: 'give back leases', text: 'UPDATE lease SET expires = 0 WHERE holder = $1 AND expires > 0' };
const resign: Statement = { name: 'give back lead', text: `UPDATE lead SET holder = '', expires = 0 WHERE holder = $1` };
const returnOffers: Statement = { name: 'give back offers', text: 'DELETE FROM offer WHERE holder = $1' };

/** A process that ends properly lets the others go on at once. */
export const giveBack = oneByOne<'giveBack'>(async ({ session }, { holder }) => {
  await session.rows(returnLeases, [holder]);
  await session.rows(returnOffers, [holder]);
  await session.rows(resign, [holder]);
  return null;
});
