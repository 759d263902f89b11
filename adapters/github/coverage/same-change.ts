import type { ChangedFile } from '../api-answers.ts';

/** Whether one change is the other, as far as GitHub shows what they change. */
export type Sameness = 'same' | 'different' | 'unknown';

/**
 * Compares what two changes do, file by file: the same lines taken away and added between the same lines, wherever they stand in the file
 * by now. Where GitHub leaves patches out (binary and very large ones) as many lines must end in the same object.
 * What a merge drops of the other side shows as lines of its own, and what is slipped into it too.
 */
export function compareChanges(one: readonly ChangedFile[], other: readonly ChangedFile[]): Sameness {
  if (one.length !== other.length) return 'different';
  const byName = new Map(other.map((file) => [file.filename, file]));
  const found = one.map((file) => compareFiles(file, byName.get(file.filename)));
  if (found.includes('different')) return 'different';
  return found.includes('unknown') ? 'unknown' : 'same';
}

function compareFiles(one: ChangedFile, other: ChangedFile | undefined): Sameness {
  if (other === undefined || one.status !== other.status || one.previous_filename !== other.previous_filename) return 'different';
  if (one.patch !== undefined && other.patch !== undefined) return hunksOf(one.patch) === hunksOf(other.patch) ? 'same' : 'different';
  if (one.patch !== undefined || other.patch !== undefined) return 'unknown';
  const isAlike = one.sha === other.sha && one.additions === other.additions && one.deletions === other.deletions;
  return isAlike ? 'same' : 'unknown';
}

/** Without the numbers of the lines, which others' changes move. Lines of a hunk begin with a space, `+`, `-` or a backslash. */
function hunksOf(patch: string): string {
  return patch.replaceAll(/^@@ .*$/gm, '@@');
}
