import type { DatabaseSync } from 'node:sqlite';
import { movesHead, type Change } from '#core/change.ts';
import type { Match, Settlement } from '#core/ports/journal.ts';
import type { Notes } from '#journal/sqlite/operations/notes.ts';
import { broughtWriter } from '#journal/sqlite/operations/store-brought.ts';
import { tallyWriter } from '#journal/sqlite/operations/tally.ts';
import { verdictWriter } from '#journal/sqlite/operations/store-match.ts';
import type { Request } from '#journal/protocol.ts';

/** Writes what came of deliveries. One that is no longer pending was settled before: nothing of it is written again. */
export function settleOperation(db: DatabaseSync, note: Notes): (request: Request<'settle'>) => null {
  const leave = db.prepare(`UPDATE delivery SET state = ?, reason = ?, settled_at = ? WHERE id = ? AND state = 'pending'`);
  const exists = db.prepare('SELECT 1 FROM delivery WHERE id = ?');
  const store = matchWriter(db, note);
  const tally = tallyWriter(db);
  const settle = ({ delivery, state, reason, match }: Settlement, now: number): boolean => {
    if (leave.run(state, reason, now, delivery).changes > 0) {
      if (match) store(match);
      return true;
    }
    if (!exists.get(delivery)) throw new Error(`there is no delivery ${delivery} to settle`);
    return false;
  };
  return ({ settlements, now }) => {
    const settled = settlements.filter((settlement) => settle(settlement, Math.trunc(now)));
    for (const state of ['done', 'ignored'] as const) tally(state, settled.filter((one) => one.state === state).length);
    return null;
  };
}

function matchWriter(db: DatabaseSync, note: Notes): (match: Match) => void {
  const insert = db.prepare(`
    INSERT INTO change (id, delivery, source, repository, ref, action, "before", "after", revision, confirmed,
      occurred_at, received_at, at, actors, late_for, owed, candidates, read_back, subject)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const displace = displaceOwed(db);
  const brought = broughtWriter(db);
  const verdicts = verdictWriter(db, note);
  return (match) => {
    const { change, candidates } = match;
    const { id, delivery, source, repository, ref, action, before, after, revision, confirmed, lateFor } = change;
    const times = [change.occurredAt === null ? null : Math.trunc(change.occurredAt), Math.trunc(change.receivedAt), Math.trunc(change.at)];
    const lists = [JSON.stringify(change.actors), lateFor, JSON.stringify(change.owed), JSON.stringify(candidates)];
    const told = [change.readBack && JSON.stringify(change.readBack), change.subject ? JSON.stringify(change.subject) : null];
    displace(change);
    insert.run(id, delivery, source, repository, ref, action, before, after, revision, Number(confirmed), ...times, ...lists, ...told);
    brought(change);
    verdicts(match);
  };
}

/**
 * A newer change of a ref takes the place of those that were owed; one that came late, or a request, does not. Nearly
 * always nothing is owed, and to look costs less than an UPDATE that finds nothing.
 */
function displaceOwed(db: DatabaseSync): (change: Change) => void {
  const owing = `repository = ? AND ref = ? AND source = ? AND owed <> '[]'`;
  const look = db.prepare(`SELECT 1 FROM change INDEXED BY change_owed WHERE ${owing}`);
  const clear = db.prepare(`UPDATE change SET owed = '[]' WHERE ${owing}`);
  return (change) => {
    const { source, repository, ref } = change;
    if (movesHead(change) && look.get(repository, ref, source)) clear.run(repository, ref, source);
  };
}
