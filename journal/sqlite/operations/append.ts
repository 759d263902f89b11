import type { DatabaseSync } from 'node:sqlite';
import { tallyWriter } from '#journal/sqlite/operations/tally.ts';
import type { Answer, AppendRequest } from '#journal/protocol.ts';

/**
 * Adds a delivery with its body. One INSERT claims (source, delivery id): looking first and inserting then would let two
 * concurrent deliveries in.
 */
export function appendOperation(db: DatabaseSync): (request: AppendRequest) => Answer<'append'> {
  const claim = db.prepare(`
    INSERT INTO delivery (id, source, delivery_id, kind, event, received_at, remote, state, reason, repository, hint, settled_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (source, delivery_id) DO NOTHING`);
  const first = db.prepare('SELECT id FROM delivery WHERE source = ? AND delivery_id = ?');
  const tally = tallyWriter(db);
  const keep = db.prepare('INSERT INTO body (seq, headers, size, deflated) VALUES (?, ?, ?, ?)');
  return (request) => {
    const { id, source, deliveryId, kind, event, remote, state, reason, repository, hint } = request;
    const receivedAt = Math.trunc(request.receivedAt);
    const settledAt = state === 'pending' ? null : receivedAt;
    const claimed = claim.run(id, source, deliveryId, kind, event, receivedAt, remote, state, reason, repository, hint, settledAt);
    if (claimed.changes === 0) return { id: String(first.get(source, deliveryId)?.['id']), known: true };
    if (state === 'ignored') tally(state, 1);
    keep.run(claimed.lastInsertRowid, request.headers, request.size, request.deflated);
    return { id, known: false };
  };
}
