import { isUtf8 } from 'node:buffer';
import { boundBytes, boundFiles } from '#core/content-bounds.ts';
import { limits } from '#core/limits.ts';
import { isPlainPath } from '#core/plain-path.ts';
import type { RepositoryFile } from '#core/repository-file.ts';
import type { Mirror } from './mirror.ts';
import { readObjects } from './objects.ts';

interface Entry {
  readonly mode: string;
  readonly id: string;
  readonly path: string;
}

/** What a mirror that has the commit has of a directory or file, once the contents are fetched. */
export async function contentAt(mirror: Mirror, commit: string, path: string): Promise<readonly RepositoryFile[] | null> {
  const entries = path === '' ? await list(mirror, commit) : await entriesAt(mirror, commit, path);
  if (entries === null) return null;
  const about = `${mirror.remote.repository}: ${path} at ${commit}`;
  const files = entries.filter(({ mode }) => isFile(mode));
  boundFiles(about, files.length);
  return files.length === 0 ? [] : readAll(mirror, about, files);
}

/** Links (120000), submodules (160000) and directories are no files (git-fast-import(1), "filemodify"). */
function isFile(mode: string): boolean {
  return /^100\d{3}$/.test(mode);
}

async function entriesAt(mirror: Mirror, commit: string, path: string): Promise<readonly Entry[] | null> {
  // git would walk them; no tree has entries of these names.
  if (!isPlainPath(path)) return null;
  const [entry] = await list(mirror, commit, path);
  if (entry?.path !== path) return null;
  if (entry.mode === '040000') return (await list(mirror, entry.id)).map((inner) => ({ ...inner, path: `${path}/${inner.path}` }));
  return isFile(entry.mode) ? [entry] : null;
}

/** What is no UTF-8 of names is left out like contents that are none. */
async function list(mirror: Mirror, tree: string, path?: string): Promise<readonly Entry[]> {
  const only = path === undefined ? [] : ['--', path];
  const listed = await mirror.ask(['ls-tree', '-z', '--full-tree', '--end-of-options', tree, ...only]);
  if (listed.ended !== undefined) boundFiles(`${mirror.remote.repository}: ${path ?? 'its root'}`, Number.POSITIVE_INFINITY);
  return splitEntries(listed.stdout).flatMap(entryOf);
}

function splitEntries(output: Buffer): readonly Buffer[] {
  const entries: Buffer[] = [];
  for (let at = 0, end = output.indexOf(0); end !== -1; at = end + 1, end = output.indexOf(0, at)) entries.push(output.subarray(at, end));
  return entries;
}

/** `<mode> <type> <id>\t<path>` (git-ls-tree(1)). */
function entryOf(line: Buffer): readonly Entry[] {
  if (!isUtf8(line)) return [];
  const [, mode, id, path] = /^(\d{6}) \w+ ([0-9a-f]+)\t(.+)$/s.exec(line.toString('utf8')) ?? [];
  return mode === undefined || id === undefined || path === undefined ? [] : [{ mode, id, path }];
}

async function readAll(mirror: Mirror, about: string, files: readonly Entry[]): Promise<readonly RepositoryFile[]> {
  const ids = [...new Set(files.map(({ id }) => id))];
  await mirror.bring(ids, about);
  const sizes = await sizesOf(mirror, ids);
  boundBytes(
    about,
    files.map(({ id }) => sizes.get(id) ?? 0),
  );
  const contents = await readObjects(mirror, 'blob', ids, 2 * limits.content.bytes);
  return files
    .flatMap(({ id, path }) => {
      const content = contents.get(id);
      return content !== undefined && isUtf8(content) ? [{ path, text: content.toString('utf8') }] : [];
    })
    .toSorted((one, other) => (one.path < other.path ? -1 : 1));
}

async function sizesOf(mirror: Mirror, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { stdout } = await mirror.ask(['cat-file', '--batch-check'], { input: lines(ids) });
  const found = [...stdout.toString('latin1').matchAll(/^([0-9a-f]+) blob (\d+)$/gm)];
  return new Map(found.map(([, id = '', size]) => [id, Number(size)]));
}

function lines(ids: readonly string[]): string {
  return ids.map((id) => `${id}\n`).join('');
}
