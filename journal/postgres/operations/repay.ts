import type { Candidate } from '#core/change.ts';
import { oneByOne } from '#journal/postgres/operations/bulk.ts';
import { addVerdicts } from '#journal/postgres/operations/store-match.ts';
import type { Statement } from '#journal/postgres/session.ts';
import { stored } from '#journal/rows.ts';

const read: Statement = { name: 'repay read', text: `SELECT owed, candidates FROM change WHERE id = $1 AND owed <> '[]'` };
const write: Statement = { name: 'repay write', text: 'UPDATE change SET owed = $1, candidates = $2 WHERE id = $3' };

/** Writes what an owed change came to in a cluster. Nothing when it is no longer owed there: repaid, or displaced by a newer one. */
export const repay = oneByOne<'repay'>(async (work, { cluster, match }) => {
  const [row] = await work.session.rows<{ owed: string; candidates: string }>(read, [match.change.id]);
  const owed = row ? stored<readonly string[]>(row.owed) : [];
  if (!row || !owed.includes(cluster)) return null;
  const candidates = [...stored<readonly Candidate[]>(row.candidates), ...match.candidates];
  const left = owed.filter((name) => name !== cluster);
  await work.session.rows(write, [JSON.stringify(left), JSON.stringify(candidates), match.change.id]);
  await addVerdicts(work, [match]);
  return null;
});
