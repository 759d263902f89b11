import { z } from 'zod';
import type { HgChangeset, HgLine } from '../back-end.ts';
import { isNode, nullNode } from '../names.ts';

const Node = z.string().refine(isNode);

const Head = z.object({ branch: z.string(), node: Node, closed: z.string().nullable(), topic: z.string().nullable() });
const Bookmark = z.object({ name: z.string(), node: Node });
const Changeset = z.object({
  node: Node,
  p1: Node,
  p2: Node,
  branch: z.string(),
  phase: z.enum(['public', 'draft', 'secret']),
  obsolete: z.string(),
  user: z.string(),
  title: z.string(),
  date: z.string().regex(/^-?\d+ -?\d+$/),
});
const Marker = z.object({ node: z.string() });
const Path = z.object({ path: z.string() });
const Change = z.object({ path: z.string(), status: z.enum(['M', 'A', 'R']) });
const Size = z.object({ path: z.string(), size: z.number() });
const Line = z.object({ node: Node, line: z.string() });

/** Branch → its open heads; also branches that have none. */
export function headsOf(output: Buffer): ReadonlyMap<string, readonly string[]> {
  const branches = new Map<string, string[]>();
  for (const { branch, node, closed } of rows(output, Head)) {
    const heads = branches.get(branch) ?? [];
    branches.set(branch, closed === null ? [...heads, node] : heads);
  }
  return branches;
}

/** Branch → one of its heads that is, or was, of a topic; without branches that have none. */
export function topicsOf(output: Buffer): ReadonlyMap<string, string> {
  const ofTopics = rows(output, Head).filter(({ topic }) => topic !== null);
  return new Map(ofTopics.map(({ branch, node }) => [branch, node]));
}

export function bookmarksOf(output: Buffer): ReadonlyMap<string, string> {
  return new Map(rows(output, Bookmark).map(({ name, node }) => [name, node]));
}

export function changesetsOf(output: Buffer): readonly HgChangeset[] {
  return rows(output, Changeset).map(({ p1, p2, obsolete, date, ...said }) => ({
    ...said,
    parents: [p1, p2].filter((parent) => parent !== nullNode),
    obsolete: obsolete !== '',
    date: Number(date.split(' ')[0]) * 1_000, // hgdate: seconds since the epoch, and the offset of the zone
  }));
}

/** Whether one of the markers says that another has taken its place, or that it was pruned. */
export function isReplaced(output: Buffer, node: string): boolean {
  return rows(output, Marker).some((marker) => marker.node === node);
}

/** Sorted, as Mercurial sorts: by bytes. */
export function pathsOf(output: Buffer): readonly string[] {
  return sorted(rows(output, Path)).map(({ path }) => path);
}

/** Names that each end with a NUL, sorted likewise; what is no UTF-8 in them is replaced. */
export function namesOf(output: Buffer): readonly string[] {
  const names = output.toString('latin1').split('\0').slice(0, -1); // of bytes: they sort as such
  return names.toSorted((one, other) => (one < other ? -1 : 1)).map((name) => Buffer.from(name, 'latin1').toString('utf8'));
}

/** Files that are there, and files that are not any more. */
export function changesOf(output: Buffer): { readonly present: readonly string[]; readonly gone: readonly string[] } {
  const all = rows(output, Change);
  const paths = (gone: boolean): readonly string[] => all.flatMap(({ path, status }) => ((status === 'R') === gone ? [path] : []));
  return { present: paths(false), gone: paths(true) };
}

/** The size of exactly that file; undefined when there is none. */
export function sizeOf(output: Buffer, path: string): number | undefined {
  return rows(output, Size).find((row) => row.path === path)?.size;
}

export function linesOf(output: Buffer): readonly HgLine[] {
  return rows(output, Line).map(({ node, line }) => ({ node, text: line.replace(/\n$/, '') }));
}

function sorted<T extends { readonly path: string }>(all: readonly T[]): readonly T[] {
  return all
    .map((row) => [Buffer.from(row.path), row] as const)
    .toSorted(([one], [other]) => Buffer.compare(one, other))
    .map(([, row]) => row);
}

/** One JSON value on each line; bytes that are no UTF-8 come as lone surrogates. */
function rows<T>(output: Buffer, schema: z.ZodType<T>): readonly T[] {
  const lines = output.toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => schema.parse(JSON.parse(line)));
}
