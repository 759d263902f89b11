/** A file that differs between two commits, in GitHub's words. */
export interface ChangedFile {
  readonly path: string;
  /** Where it was before it was renamed. */
  readonly from: string | undefined;
  readonly status: 'added' | 'removed' | 'modified' | 'renamed' | 'copied' | 'changed';
  readonly blob: string;
  readonly additions: number;
  readonly deletions: number;
}

interface RawEntry {
  readonly letter: string;
  readonly before: string;
  readonly after: string;
  readonly paths: readonly string[];
}

const STATUSES = new Map<string, ChangedFile['status']>([
  ['A', 'added'],
  ['D', 'removed'],
  ['R', 'renamed'],
  ['C', 'copied'],
  ['T', 'changed'],
]);

/** Takes the output of `git diff-tree -z --raw --numstat` apart: all raw entries, then all counts, in the same order. */
export function changedFiles(output: string): readonly ChangedFile[] {
  const parts = output.split('\0');
  const entries: RawEntry[] = [];
  let at = 0;
  while (parts[at]?.startsWith(':')) {
    const [, , before = '', after = '', letter = ''] = (parts[at] ?? '').split(' ');
    const length = isPair(letter) ? 2 : 1;
    entries.push({ letter: letter.slice(0, 1), before, after, paths: parts.slice(at + 1, at + 1 + length) });
    at += 1 + length;
  }
  const counts = readCounts(parts.slice(at));
  return entries.map((entry, index) => changedFile(entry, counts[index]));
}

interface Counts {
  readonly additions: number;
  readonly deletions: number;
}

/** `<added>\t<deleted>\t<path>`; of a pair the path is empty and both follow. Binary files have `-`. */
function readCounts(parts: readonly string[]): readonly Counts[] {
  const counts: Counts[] = [];
  for (let at = 0; at < parts.length; ) {
    const [added = '', deleted, path] = (parts[at] ?? '').split('\t');
    if (deleted === undefined) break;
    counts.push({ additions: Number(added) || 0, deletions: Number(deleted) || 0 });
    at += path === '' ? 3 : 1;
  }
  return counts;
}

function changedFile({ letter, before, after, paths }: RawEntry, counts: Counts | undefined): ChangedFile {
  const [first = '', second] = paths;
  return {
    path: second ?? first,
    from: letter === 'R' ? first : undefined,
    status: STATUSES.get(letter) ?? 'modified',
    blob: letter === 'D' ? before : after,
    additions: counts?.additions ?? 0,
    deletions: counts?.deletions ?? 0,
  };
}

function isPair(letter: string): boolean {
  return letter.startsWith('R') || letter.startsWith('C');
}
