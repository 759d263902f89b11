import { limits } from '#core/limits.ts';
import type { Mirror } from './mirror.ts';

/** Merges that git itself would make in the same way. */
export interface AutomaticMerges {
  /** Commit → its second parent, which was merged into the first. */
  readonly merges: ReadonlyMap<string, string>;
  /** Whether every merge could be looked at. */
  readonly complete: boolean;
}

/** A mirror, as far as merges are made in it. */
type Merging = Pick<Mirror, 'ask' | 'askWithServer'>;

interface Merge {
  readonly commit: string;
  readonly tree: string;
  readonly parents: readonly [string, string];
}

/**
 * Of commits those that merge two parents and hold what git makes of these by itself, without a conflict: nobody can have added anything
 * in such a merge. Renames are not followed, as servers that merge do not (JGit).
 * @param commits that the mirror has
 */
export async function automaticMerges(mirror: Merging, commits: readonly string[]): Promise<AutomaticMerges> {
  const all = commits.length === 0 ? [] : await mergesAmong(mirror, commits);
  const looked = all.slice(0, limits.git.merges);
  const merges = new Map<string, string>();
  for (const { commit, tree, parents } of looked) {
    const made = await mergeOf(mirror, parents);
    if (made === undefined) return { merges, complete: false };
    if (made === tree) merges.set(commit, parents[1]);
  }
  return { merges, complete: looked.length === all.length };
}

async function mergesAmong(mirror: Merging, commits: readonly string[]): Promise<readonly Merge[]> {
  const args = ['log', '--no-walk=unsorted', '--no-decorate', '--no-notes', '--no-color', '--format=%H %T %P', '--stdin'];
  const logged = await mirror.ask(args, { input: commits.map((commit) => `${commit}\n`).join('') });
  return logged.stdout
    .toString('latin1')
    .split('\n')
    .flatMap((line) => {
      const [commit, tree, first, second, ...others] = line.split(' ');
      if (!commit || !tree || !first || !second || others.length > 0) return [];
      return [{ commit, tree, parents: [first, second] as const }];
    });
}

/** The tree of a merge (git-merge-tree(1)), null where it has conflicts; undefined where it takes too much, or a git that is newer than 2.37. */
async function mergeOf(mirror: Merging, parents: Merge['parents']): Promise<string | null | undefined> {
  const args = ['-c', 'merge.renames=false', 'merge-tree', '--write-tree', '--no-messages', ...parents];
  const merged = await mirror.askWithServer(args, [0, 1, 129]);
  if (merged === undefined || merged.code === 129) return undefined;
  return merged.code === 0 ? merged.stdout.toString('latin1').trim() : null;
}
