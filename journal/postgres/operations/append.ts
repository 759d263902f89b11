import type { AppendRequest } from '#journal/protocol.ts';
import type { Bulk } from '#journal/postgres/operations/bulk.ts';
import type { Session, Statement } from '#journal/postgres/session.ts';
import { countTally } from '#journal/postgres/operations/tally.ts';

const textColumns = ['id', 'source', 'delivery_id', 'kind', 'event', 'remote', 'state', 'reason', 'repository', 'hint', 'headers'] as const;
const numberColumns = ['received_at', 'settled_at', 'size', 'place', 'length'] as const;

/**
 * One statement for all of them. Positions are given in the order of acceptance; then they are claimed in the order of their names, so that two processes
 * that append the same deliveries at once cannot wait for each other in a circle. Bodies come as one value, which is cut up there.
 */
const claim: Statement = {
  name: 'append',
  text: `WITH given AS (
      SELECT nextval('delivery_seq_seq') AS seq, g.*
      FROM unnest(${[...textColumns.map((_, at) => `$${at + 1}::text[]`), ...numberColumns.map((_, at) => `$${at + 1 + textColumns.length}::bigint[]`)].join(', ')})
        AS g (${[...textColumns, ...numberColumns].join(', ')})),
    claimed AS (
      INSERT INTO delivery (seq, id, source, delivery_id, kind, event, received_at, remote, state, reason, repository, hint, settled_at)
      SELECT seq, id, source, delivery_id, kind, event, received_at, remote, state, reason, repository, hint, settled_at
      FROM given ORDER BY delivery_id, source
      ON CONFLICT (delivery_id, source) DO NOTHING RETURNING seq, id, state),
    kept AS (
      INSERT INTO body (seq, headers, size, deflated)
      SELECT c.seq, g.headers, g.size, substring($${textColumns.length + numberColumns.length + 1}::bytea FROM g.place::int FOR g.length::int)
      FROM claimed c JOIN given g ON g.seq = c.seq),
    counted AS (${countTally(`SELECT 'ignored', count(*) FROM claimed WHERE state = 'ignored' HAVING count(*) > 0`)})
    SELECT id FROM claimed`,
};

const first: Statement = {
  name: 'append known',
  text: `SELECT d.id, d.source, d.delivery_id FROM unnest($1::text[], $2::text[]) AS w (source, delivery_id)
    JOIN delivery d ON d.delivery_id = w.delivery_id AND d.source = w.source`,
};

/**
 * Adds deliveries with their bodies. The claim of (source, delivery id) is the INSERT itself: looking first and inserting then would let two concurrent
 * deliveries in. Duplicates among those that came at once never reach the server.
 */
export const append: Bulk<'append'> = async ({ session }, requests) => {
  const wanted = new Map<string, AppendRequest>();
  for (const request of requests) if (!wanted.has(nameOf(request))) wanted.set(nameOf(request), request);
  const candidates = [...wanted.values()];
  const claimed = new Set((await session.rows<{ id: string }>(claim, valuesOf(candidates))).map(({ id }) => id));
  const others = await knownOf(
    session,
    candidates.filter(({ id }) => !claimed.has(id)),
  );
  return requests.map((request) => {
    const winner = wanted.get(nameOf(request));
    if (winner === request && claimed.has(request.id)) return { answer: { id: request.id, known: false } };
    const id = winner && claimed.has(winner.id) ? winner.id : others.get(nameOf(request));
    return id === undefined ? gone(request) : { answer: { id, known: true } };
  });
};

const nameOf = ({ source, deliveryId }: Pick<AppendRequest, 'source' | 'deliveryId'>): string => `${source}\n${deliveryId}`;

/** By name: the id that the first one got. A new statement sees what was committed while the claim waited for it. */
async function knownOf(session: Session, refused: readonly AppendRequest[]): Promise<ReadonlyMap<string, string>> {
  if (refused.length === 0) return new Map();
  const values = [refused.map(({ source }) => source), refused.map(({ deliveryId }) => deliveryId)];
  const rows = await session.rows<{ id: string; source: string; delivery_id: string }>(first, values);
  return new Map(rows.map(({ id, source, delivery_id: deliveryId }) => [nameOf({ source, deliveryId }), id]));
}

/** It was there when it was claimed, and retention removed it before it could be read. */
function gone({ deliveryId }: AppendRequest) {
  return { code: 'JOURNAL_UNAVAILABLE' as const, message: `the delivery ${deliveryId} was known and is being removed` };
}

function valuesOf(requests: readonly AppendRequest[]): readonly unknown[] {
  let place = 1; // substring counts from 1
  const places = requests.map(({ deflated }) => (place += deflated.byteLength) - deflated.byteLength);
  const received = requests.map(({ receivedAt }) => Math.trunc(receivedAt));
  return [
    ...(['id', 'source', 'deliveryId', 'kind', 'event', 'remote', 'state', 'reason', 'repository', 'hint', 'headers'] as const).map(
      (field) => requests.map((request) => request[field]),
    ),
    received,
    requests.map(({ state }, index) => (state === 'pending' ? null : received[index])),
    requests.map(({ size }) => size),
    places,
    requests.map(({ deflated }) => deflated.byteLength),
    Buffer.concat(requests.map(({ deflated }) => deflated)),
  ];
}
