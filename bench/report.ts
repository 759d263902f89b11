import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { reached, type Figure, type Goal, type Section } from './figures.ts';
import { median } from './statistics.ts';

const headings = ['', 'median', 'min', 'max', 'target', ''] as const;

/** A section as a table for people. */
export function renderSection({ title, method, figures }: Section): string {
  const rows = figures.map(rowOf);
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  const notes = figures.flatMap(({ name, note }) => (note === undefined ? [] : [`    ${name}: ${note}`]));
  return [
    `\n${title}`,
    ...method.map((each) => `  ${each}`),
    ...[line(headings), ...rows.map(line)].map((each) => `  ${each}`),
    ...notes,
  ].join('\n');
}

/** The last line: what was missed, by name. */
export function renderVerdict(sections: readonly Section[]): string {
  const figures = sections.flatMap((section) => section.figures).filter(({ goal }) => goal !== undefined);
  const missed = figures.filter((figure) => reached(figure) === false);
  if (missed.length === 0) return `\n${figures.length} of ${figures.length} targets reached`;
  return [
    `\n${figures.length - missed.length} of ${figures.length} targets reached, MISSED:`,
    ...missed.map(({ name }) => `  ${name}`),
  ].join('\n');
}

/** Leaves all samples in a file for machines. @returns its path from the root of the repository */
export function writeReport(root: string, sections: readonly Section[]): string {
  const file = join('.cache', 'bench', 'latest.json');
  const machine = { cpus: cpus().map(({ model }) => model), node: process.version };
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), `${JSON.stringify({ at: new Date().toISOString(), machine, sections }, null, 2)}\n`);
  return file;
}

function rowOf(figure: Figure): readonly string[] {
  const { name, unit, samples, goal } = figure;
  const spread = samples.length > 1 ? [format(Math.min(...samples), unit), format(Math.max(...samples), unit)] : ['', ''];
  return [name, format(median(samples), unit), ...spread, goal === undefined ? '' : formatGoal(goal, unit), verdict(reached(figure))];
}

function verdict(ok: boolean | undefined): string {
  if (ok === undefined) return '';
  return ok ? 'ok' : 'MISSED';
}

function formatGoal(goal: Goal, unit: string): string {
  if ('atLeast' in goal) return `≥ ${format(goal.atLeast, unit)}`;
  return 'atMost' in goal ? `≤ ${format(goal.atMost, unit)}` : `< ${format(goal.below, unit)}`;
}

function format(value: number, unit: string): string {
  const digits = Number.isInteger(value) || value >= 1_000 ? 0 : value >= 100 ? 1 : value >= 1 ? 2 : 3;
  const text = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === '' || unit === '/s' ? `${text}${unit}` : `${text} ${unit}`;
}
