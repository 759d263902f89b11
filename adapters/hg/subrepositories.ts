import { isUnder } from './names.ts';

/**
 * The subrepositories that `.hgsub` names under a path, or above it: `path = source`, one a line, until a section begins
 * ("subrepos" of Mercurial's help). Bytes that are no UTF-8 can stand for no path of ours.
 * @param file null without any
 * @param path from the root, without slashes at its ends; empty for the root
 */
export function subrepositoriesIn(file: Uint8Array | null, path: string): readonly string[] {
  if (file === null) return [];
  const found: string[] = [];
  for (const line of Buffer.from(file).toString('utf8').split('\n')) {
    if (line.startsWith('[')) break;
    const [, name] = /^([^#;\s=][^=]*?)\s*=/.exec(line) ?? [];
    if (name !== undefined && (isUnder(name, path) || isUnder(path, name))) found.push(name);
  }
  return found;
}
