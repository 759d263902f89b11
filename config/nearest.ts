/** The candidate that a mistyped word most likely means: equal but for case, or few edits away. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const allowed = Math.ceil(word.length / 3);
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= allowed)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). Words beyond 64 characters are far from all. */
export function editDistance(a: string, b: string): number {
  if (a.length > 64 || b.length > 64) return a === b ? 0 : Math.max(a.length, b.length);
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= a.length; row++) rows.push(nextRow(a, b, row, rows));
  return rows[a.length]?.[b.length] ?? 0;
}

function nextRow(a: string, b: string, row: number, rows: readonly (readonly number[])[]): number[] {
  const line = [row];
  const cell = (r: number, c: number): number => (r === row ? line[c] : rows[r]?.[c]) ?? 0;
  for (let column = 1; column <= b.length; column++) {
    const same = a[row - 1] === b[column - 1];
    let best = Math.min(cell(row - 1, column) + 1, cell(row, column - 1) + 1, cell(row - 1, column - 1) + (same ? 0 : 1));
    const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
    if (swapped) best = Math.min(best, cell(row - 2, column - 2) + 1);
    line.push(best);
  }
  return line;
}
