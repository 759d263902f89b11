import type { DatabaseSync } from 'node:sqlite';
import type { Candidate } from '#core/change.ts';
import type { Notes } from '#journal/sqlite/operations/notes.ts';
import { verdictWriter } from '#journal/sqlite/operations/store-match.ts';
import type { Request } from '#journal/protocol.ts';
import { stored } from '#journal/rows.ts';

/** Writes what an owed change came to in a cluster. Nothing when it is no longer owed there: repaid, or displaced by a newer one. */
export function repayOperation(db: DatabaseSync, note: Notes): (request: Request<'repay'>) => null {
  const read = db.prepare(`SELECT owed, candidates FROM change WHERE id = ? AND owed <> '[]'`);
  const write = db.prepare('UPDATE change SET owed = ?, candidates = ? WHERE id = ?');
  const verdicts = verdictWriter(db, note);
  return ({ cluster, match }) => {
    const row = read.get(match.change.id);
    const owed = row ? stored<readonly string[]>(String(row['owed'])) : [];
    if (!row || !owed.includes(cluster)) return null;
    const candidates: readonly Candidate[] = [...stored<readonly Candidate[]>(String(row['candidates'])), ...match.candidates];
    write.run(JSON.stringify(owed.filter((name) => name !== cluster)), JSON.stringify(candidates), match.change.id);
    verdicts(match);
    return null;
  };
}
