import type { DatabaseSync } from 'node:sqlite';
import type { Request } from '#journal/protocol.ts';

/** Moves a sink's position forward, never back. */
export function toldOperation(db: DatabaseSync): (request: Request<'told'>) => null {
  const move = db.prepare('UPDATE sink SET told = ?1 WHERE name = ?2 AND told < ?1');
  return ({ sink, seq }) => {
    move.run(seq, sink);
    return null;
  };
}
