import { limits } from '#core/limits.ts';
import { Tree, type ChangedFile, type Comparison } from './api-answers.ts';
import type { ApiCall } from './api-call.ts';

/**
 * Paths that differ between the trees of two commits, sorted; undefined when GitHub could not tell all of them.
 * A comparison lists what `head` changed since the merge base, at most 300 files: that is the difference of the trees
 * only where `base` is the merge base.
 */
export async function readFiles(
  call: ApiCall,
  base: string,
  head: string,
  compared: Comparison | undefined,
): Promise<readonly string[] | undefined> {
  const files = compared?.status === 'ahead' || compared?.status === 'identical' ? compared.files : undefined;
  if (files !== undefined && files.length < limits.github.comparedFiles) return [...new Set(files.flatMap(pathsOf))].toSorted();
  const [before, after] = await Promise.all([readTree(call, base), readTree(call, head)]);
  return before && after && differing(before, after);
}

function pathsOf({ filename, status, previous_filename: previous }: ChangedFile): readonly string[] {
  return status === 'renamed' && previous !== undefined ? [filename, previous] : [filename];
}

type Files = ReadonlyMap<string, string>;

/** Path → mode and object of everything but folders. */
async function readTree(call: ApiCall, commit: string): Promise<Files | undefined> {
  const found = await call.find(Tree, '/git/trees/{tree_sha}', { tree_sha: commit, recursive: '1' });
  if ('missing' in found || found.data.truncated) return undefined;
  return new Map(found.data.tree.flatMap(({ path, mode, type, sha }) => (type === 'tree' ? [] : [[path, `${mode} ${sha}`] as const])));
}

function differing(before: Files, after: Files): readonly string[] {
  const gone = [...before.keys()].filter((path) => !after.has(path));
  const changed = [...after].flatMap(([path, content]) => (before.get(path) === content ? [] : [path]));
  return [...gone, ...changed].toSorted();
}
