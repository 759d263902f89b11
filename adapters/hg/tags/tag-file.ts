import { limits } from '#core/limits.ts';
import { HeadgateError } from '#core/errors.ts';
import { nullNode } from '#adapters/hg/names.ts';

/** What `.hgtags` says. */
export interface TagFile {
  /** How many lines there are. */
  readonly lines: number;
  /** By name. */
  readonly entries: ReadonlyMap<string, TagEntry>;
  /** Lines that Mercurial itself does not take, or takes apart differently than they look. */
  readonly malformed: readonly Malformed[];
}

/** What a file says of one tag. */
export interface TagEntry {
  /** Index of the last line that has its name: the one that counts. */
  readonly at: number;
  /** Everything that it has led to by the file, oldest first, in lower case; `nullNode` where it was deleted. Never empty. */
  readonly course: readonly string[];
}

interface Malformed {
  readonly at: number;
  readonly text: string;
}

/**
 * Reads `.hgtags` as Mercurial does (tags.py, `_readtaghist`): node, one space, name, with white space around the name taken off.
 * @throws HeadgateError CONTENT_TOO_LARGE
 */
export function parseTagFile(bytes: Uint8Array): TagFile {
  const entries = new Map<string, { at: number; course: string[] }>();
  const malformed: Malformed[] = [];
  const lines = linesOf(bytes);
  for (const [at, line] of lines.entries()) {
    const read = parseLine(line);
    if ('text' in read) malformed.push({ at, text: read.text });
    else note(entries, read, at);
  }
  return { lines: lines.length, entries, malformed };
}

function note(
  entries: Map<string, { at: number; course: string[] }>,
  { node, name }: { readonly node: string; readonly name: string },
  at: number,
): void {
  const known = entries.get(name);
  if (known === undefined) entries.set(name, { at, course: [node] });
  else {
    known.at = at;
    known.course.push(node);
  }
}

/** What there is where there is no such file. */
export const noTags: TagFile = { lines: 0, entries: new Map(), malformed: [] };

/** The lines of a file in Mercurial's own care, as bytes; those of an unfinished last line too. @throws HeadgateError CONTENT_TOO_LARGE */
export function linesOf(bytes: Uint8Array): readonly Buffer[] {
  const { fileBytes, lines: most } = limits.hgTags;
  if (bytes.length > fileBytes) throw new HeadgateError('CONTENT_TOO_LARGE', `it has ${bytes.length} bytes, and ${fileBytes} are read`);
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const lines: Buffer[] = [];
  for (let from = 0; from < all.length; ) {
    const end = all.indexOf(10, from);
    if (lines.push(all.subarray(from, end < 0 ? all.length : end)) > most)
      throw new HeadgateError('CONTENT_TOO_LARGE', `it has more than ${most} lines`);
    from = end < 0 ? all.length : end + 1;
  }
  return lines;
}

/** What a tag leads to; undefined where no line names it, or it is deleted. */
export function leadOf(entry: TagEntry | undefined): string | undefined {
  const node = entry?.course.at(-1);
  return node === nullNode ? undefined : node;
}

/** The first malformed line behind the one that counts that may be meant for this very tag; undefined without any. */
export function doubtfulLine({ malformed }: TagFile, name: string, { at }: TagEntry): string | undefined {
  return malformed.find((line) => line.at > at && mayName(line.text, name))?.text;
}

function parseLine(bytes: Buffer): { readonly node: string; readonly name: string } | { readonly text: string } {
  const text = decode(bytes);
  const ended = text.value.replace(/\r$/, '');
  const [, node, name] = /^([0-9a-fA-F]{40}) ([^\r]*)$/.exec(ended) ?? [];
  if (node === undefined || name === undefined || !text.sound) return { text: ended };
  return { node: node.toLowerCase(), name: strip(name) };
}

/** Names are UTF-8; Mercurial takes what is not for Latin-1 (encoding.py, `fallbackencoding`). */
function decode(bytes: Buffer): { readonly value: string; readonly sound: boolean } {
  const value = bytes.toString('utf8');
  return value.includes('\uFFFD') ? { value: bytes.toString('latin1'), sound: false } : { value, sound: true };
}

/** White space of bytes, as Python takes it off: `trim` knows more of it. */
function strip(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && isSpace(text.charCodeAt(from))) from += 1;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** A carriage return within ends a line for Mercurial, though not for whoever looks at the file. */
function mayName(malformed: string, name: string): boolean {
  return malformed.split('\r').some((part) => strip(part).endsWith(name));
}
