import type { Finding } from './schema.ts';
import type { Style } from './style.ts';
import { printable } from './text.ts';

/** A line `► …` for each thing that was looked at; below it `✔`, `!`, `✗` or `?` with what works without it and what mends it. */
export function renderFindings(findings: readonly Finding[], style: Style): readonly string[] {
  const groups = Map.groupBy(findings, ({ about }) => about);
  return [...groups].flatMap(([about, own]) => [style.bold(`► ${printable(about)}`), ...own.flatMap((each) => lines(each, style))]);
}

function lines({ severity, message, without, mend }: Finding, style: Style): readonly string[] {
  const more = [without, mend].filter((text) => text !== null);
  return [`${markOf(severity, style)} ${printable(message)}`, ...more.map((text) => `    ${printable(text)}`)];
}

function markOf(severity: string, style: Style): string {
  if (severity === 'good') return style.good('✔');
  if (severity === 'bad') return style.bad('✗');
  return style.warn(severity === 'warning' ? '!' : '?');
}
