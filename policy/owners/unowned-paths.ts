import { simulate } from '#core/glob.ts';
import { limits } from '#core/limits.ts';
import type { CodeOwners, OwnerRule } from './parse-owners.ts';

/** Somebody whose review counts. */
export interface OwningReviewer {
  /** What the source calls the account now: names can be given to others. */
  readonly login: string;
  /** @param team `org/team`, lower case */
  readonly isIn: (team: string) => boolean;
}

/** A path that no review of an owner covers. */
export interface UnownedPath {
  readonly path: string;
  /** In words, whose review it needs. */
  readonly needs: string;
}

/**
 * Paths that have owners of whom none has reviewed: empty when the code owners have approved. Whatever cannot be said for certain
 * (a file that cannot be used, paths that are too long, too much to compare) is not approved.
 * @param files paths from the repository's root, without a slash before them
 */
export function unownedPaths(owners: CodeOwners, files: readonly string[], reviewers: readonly OwningReviewer[]): readonly UnownedPath[] {
  if (owners.unusable !== null) return files.map((path) => ({ path, needs: `nobody can tell: ${owners.unusable}` }));
  const finder = new OwnerFinder(owners);
  const approving = new Map<OwnerRule, boolean>();
  return files.flatMap((path) => {
    const rule = finder.find(path);
    if (typeof rule === 'string') return [{ path, needs: `nobody can tell: ${rule}` }];
    if (rule === null || rule.owners.length === 0) return [];
    const approved = approving.get(rule) ?? rule.owners.some((owner) => reviewers.some((reviewer) => isOwner(reviewer, owner)));
    approving.set(rule, approved);
    return approved ? [] : [{ path, needs: `${rule.owners.join(' or ')} (${rule.place})` }];
  });
}

/** Who owns each path; empty for one without owners, words for one of which nobody can tell. */
export function ownersOf(
  owners: CodeOwners,
  files: readonly string[],
): ReadonlyMap<string, readonly string[] | { readonly unknown: string }> {
  const finder = new OwnerFinder(owners);
  return new Map(
    files.map((path) => {
      const rule = owners.unusable ?? finder.find(path);
      return [path, typeof rule === 'string' ? { unknown: rule } : (rule?.owners ?? [])];
    }),
  );
}

/** Finds the rule that counts for a path, in a bounded number of steps for all paths together. */
class OwnerFinder {
  readonly #rules: readonly OwnerRule[];
  #left: number = limits.owners.steps;

  constructor({ rules }: CodeOwners) {
    this.#rules = rules.toReversed();
  }

  /** Null when no rule fits; words when that cannot be told. */
  find(path: string): OwnerRule | string | null {
    if (path.length > limits.owners.pathChars) return `the path is longer than ${limits.owners.pathChars} characters`;
    const folder = `${path}/`;
    for (const rule of this.#rules) {
      if (this.#left <= 0) return 'there are too many rules and paths to compare';
      const subject = rule.isFileOrFolder ? folder : path;
      this.#left--;
      if (!subject.includes(rule.part)) continue;
      const { matched, steps } = simulate(rule.steps, subject);
      this.#left -= steps;
      if (matched) return rule;
    }
    return null;
  }
}

/** An email address is nobody here: what an account calls its address is not known, and could be anything. */
function isOwner({ login, isIn }: OwningReviewer, owner: string): boolean {
  if (!owner.startsWith('@')) return false;
  const name = owner.slice(1).toLowerCase();
  return name.includes('/') ? isIn(name) : name === login.toLowerCase();
}
