import type { TargetRef } from './schema.ts';

/** Control characters and text-direction overrides: names and messages come from outside and must not drive a terminal. */
const unprintable = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Makes text from outside safe to print on one line. */
export function printable(text: string): string {
  return text
    .replaceAll(/\s*[\r\n]+\s*/g, ' ')
    .replaceAll('\t', ' ')
    .replaceAll(unprintable, '\ufffd');
}

/** Breaks text at spaces so that no line is longer than `width`, unless a single word is. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}

/** Indented by `indent` spaces and wrapped to `width`, or unwrapped when that is null. */
export function indented(text: string, indent: number, width: number | null): readonly string[] {
  const room = width === null ? Number.POSITIVE_INFINITY : Math.max(24, width - indent);
  return wrap(text, room).map((line) => `${' '.repeat(indent)}${line}`);
}

/** Twelve characters of a commit, as git abbreviates; `head` when none is named. */
export function shortRevision(revision: string | null): string {
  return revision === null ? 'head' : printable(revision).slice(0, 12);
}

/** `prod: GitRepository/webapp in apps`, the form in which objects are shown to people. */
export function nameTarget({ cluster, kind, namespace, name }: TargetRef): string {
  return printable(`${cluster}: ${kind}/${name} in ${namespace}`);
}
