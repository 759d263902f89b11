import type { DatabaseSync } from 'node:sqlite';

/** Counts deliveries that have come to one of the two states in which nearly all of them end (migrations.ts). */
export function tallyWriter(db: DatabaseSync): (state: 'done' | 'ignored', deliveries: number) => void {
  const add = db.prepare('UPDATE tally SET deliveries = deliveries + ? WHERE state = ?');
  return (state, deliveries) => {
    if (deliveries > 0) add.run(deliveries, state);
  };
}
