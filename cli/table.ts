import type { Style } from './style.ts';

/** What a cell says, and how it is set off. */
export interface Cell {
  readonly text: string;
  readonly look?: keyof Style;
}

/**
 * Columns padded to their widest cell, two spaces apart. On a terminal the last columns are cut so that rows fit its width;
 * without a width nothing is cut, so that programs get everything.
 */
export function renderTable(
  headers: readonly string[],
  rows: readonly (readonly Cell[])[],
  style: Style,
  width: number | null,
): readonly string[] {
  const widths = headers.map((header, column) => Math.max(header.length, ...rows.map((row) => row[column]?.text.length ?? 0)));
  const head = headers.map((text): Cell => ({ text, look: 'bold' }));
  return [head, ...rows].map((row) => renderRow(row, widths, style, width));
}

function renderRow(row: readonly Cell[], widths: readonly number[], style: Style, width: number | null): string {
  let room = width ?? Number.POSITIVE_INFINITY;
  let line = '';
  row.forEach(({ text, look }, column) => {
    const gap = column === 0 ? 0 : 2;
    const cut = clip(text, room - gap);
    if (cut === '') return;
    const last = column === row.length - 1;
    const padding = last ? '' : ' '.repeat(Math.max(0, Math.min((widths[column] ?? 0) - cut.length, room - gap - cut.length)));
    line += `${' '.repeat(gap)}${look ? style[look](cut) : cut}${padding}`;
    room -= gap + cut.length + padding.length;
  });
  return line.trimEnd();
}

function clip(text: string, room: number): string {
  if (text.length <= room) return text;
  return room < 2 ? '' : `${text.slice(0, room - 1)}…`;
}
