import type { DatabaseSync } from 'node:sqlite';
import { changesIn } from '#core/brought.ts';
import type { Change } from '#core/change.ts';

/** Notes which changes of a review system came with a change, so that what reverts them finds them (brought.ts). */
export function broughtWriter(db: DatabaseSync): (change: Change) => void {
  const insert = db.prepare(
    'INSERT INTO brought (repository, number, source, reverts, change) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  return ({ id, source, repository, readBack }) => {
    for (const { number, review } of changesIn(readBack?.range)) insert.run(repository, number, source, review.reverts, id);
  };
}
