import { isUtf8 } from 'node:buffer';
import { boundBytes, boundFiles } from '#core/content-bounds.ts';
import { forEachAtOnce } from '#core/for-each-at-once.ts';
import { limits } from '#core/limits.ts';
import type { RepositoryFile } from '#core/repository-file.ts';
import type { HgBackEnd } from './back-end.ts';

/**
 * The text files that lie directly in a directory of a changeset, or the one file of that path; null where there is neither. As ContentReader.read.
 * @param node full id
 */
export async function readContent(
  backEnd: HgBackEnd,
  repository: string,
  node: string,
  path: string,
): Promise<readonly RepositoryFile[] | null> {
  const under = await backEnd.files(repository, node, path);
  if (under.length === 0) return path === '' ? [] : null;
  const paths = under.flatMap((file) => (file.kind !== 'symlink' && isIn(file.path, path) ? [file.path] : []));
  // A symbolic link is neither a file nor a directory of that path.
  if (paths.length === 0 && under.some((file) => file.path === path)) return null;
  const about = `${repository}: ${path} at ${node}`;
  boundFiles(about, paths.length);
  const found: RepositoryFile[] = [];
  let total = 0;
  await forEachAtOnce(paths, limits.readBack.atOnce, async (one) => {
    const bytes = await backEnd.file(repository, node, one);
    if (bytes === null) return;
    total += bytes.byteLength;
    boundBytes(about, [bytes.byteLength]);
    boundBytes(about, [total]);
    if (isUtf8(bytes)) found.push({ path: one, text: Buffer.from(bytes).toString('utf8') });
  });
  return found.toSorted((one, other) => (one.path < other.path ? -1 : 1));
}

/** Whether a file lies directly in a directory, or is the file itself. */
function isIn(file: string, path: string): boolean {
  if (file === path) return true;
  const rest = path === '' ? file : file.slice(path.length + 1);
  return !rest.includes('/');
}
