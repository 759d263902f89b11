import { HeadgateError } from '#core/errors.ts';

/** @throws HeadgateError CONTENT_REFUSED when two files have one name, or one lies where another one's directory has to be */
export function checkNames(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw refused(name, 'stands there twice');
    seen.add(name);
  }
  for (const name of names) {
    const above = directoriesOf(name).find((directory) => seen.has(directory));
    if (above !== undefined) throw refused(above, `is a file and the directory of ${JSON.stringify(name)}`);
  }
}

/** `a/b/c` → `a`, `a/b`. */
function directoriesOf(name: string): readonly string[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function refused(name: string, why: string): HeadgateError {
  return new HeadgateError('CONTENT_REFUSED', `a file cannot be published: ${JSON.stringify(name)} ${why}`);
}
