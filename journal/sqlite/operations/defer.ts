import type { DatabaseSync } from 'node:sqlite';
import type { DeferRequest } from '#journal/protocol.ts';

/** Notes a failed attempt of a delivery that is still pending. */
export function deferOperation(db: DatabaseSync): (request: DeferRequest) => null {
  const wait = db.prepare(`UPDATE delivery SET attempts = attempts + 1, reason = ?, due = ? WHERE id = ? AND state = 'pending'`);
  const bury = db.prepare(
    `UPDATE delivery SET attempts = attempts + 1, reason = ?, state = 'dead', settled_at = ? WHERE id = ? AND state = 'pending'`,
  );
  return ({ delivery, reason, due, now }) => {
    if (due === null) bury.run(reason, Math.trunc(now), delivery);
    else wait.run(reason, due, delivery);
    return null;
  };
}
