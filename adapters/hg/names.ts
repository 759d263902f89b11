import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { isPlainPath } from '#core/plain-path.ts';

/** What nothing is at: the parent of a first changeset, and where the deletion of a tag leads to. */
export const nullNode: string = '0'.repeat(40);

/** Whether a text is a node as Mercurial writes it: 40 lower-case hex digits. */
export function isNode(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

/**
 * A node where one is expected: 40 lower-case hex digits. Everything else is refused before it gets anywhere near Mercurial, which takes a
 * revision that begins with `--config=` for an option, and a name for whatever has that name now.
 * @throws HeadgateError SOURCE_REFUSED
 */
export function requireNode(node: string): string {
  if (isNode(node)) return node;
  throw new HeadgateError('SOURCE_REFUSED', `${JSON.stringify(node.slice(0, 80))} is no changeset: 40 lower-case hex digits name one`);
}

/** A path below the source's `url`. @throws HeadgateError SOURCE_REFUSED for what no repository can be called */
export function requireRepository(name: string): string {
  if (/^[^\p{Cc}\s?#%\\]{1,255}$/u.test(name) && isPlainPath(name) && !/(^|\/)-/.test(name)) return name;
  throw new HeadgateError('SOURCE_REFUSED', `${JSON.stringify(name.slice(0, 80))} is no name of a repository`);
}

/** Whether a file or a directory of a repository can have this path; empty is the root, which is a directory. */
export function isPath(path: string): boolean {
  if (path === '') return true;
  return !/[\0\r\n]/.test(path) && path.length <= limits.hg.pathChars && isPlainPath(path);
}

/** Whether a file lies under a path, or is it. */
export function isUnder(file: string, path: string): boolean {
  return path === '' || file === path || file.startsWith(`${path}/`);
}
