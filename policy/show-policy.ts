import type { Enforcement, Mode } from '#core/decision.ts';
import type { Policy } from '#policy/documents.ts';

/** A policy as the API shows it: its selectors as written. */
export interface PolicyView extends Selectors {
  readonly name: string;
  readonly hash: string;
  readonly mode: Mode;
  readonly enforcement: Enforcement;
  readonly place: string;
}

/** What a policy selects, in plain data with one order of keys. */
export interface Selectors {
  readonly targets: readonly { readonly clusters: readonly string[]; readonly namespaces: readonly string[] }[];
  readonly changes: readonly {
    readonly source: string;
    readonly repositories: readonly string[];
    readonly refs: readonly string[];
    readonly confirmed: boolean;
  }[];
}

/** Plain data of a loaded policy. */
export function showPolicy(policy: Policy): PolicyView {
  const { name, hash, mode, enforcement, place } = policy;
  return { name, hash, mode, enforcement, place, ...showSelectors(policy) };
}

export function showSelectors({ targets, changes }: Pick<Policy, 'targets' | 'changes'>): Selectors {
  const patterns = (globs: readonly { readonly pattern: string }[]): readonly string[] => globs.map(({ pattern }) => pattern);
  return {
    targets: targets.map(({ clusters, namespaces }) => ({ clusters: patterns(clusters), namespaces: patterns(namespaces) })),
    changes: changes.map(({ source, repositories, refs, confirmed }) => ({
      source: source.pattern,
      repositories: patterns(repositories),
      refs: patterns(refs),
      confirmed,
    })),
  };
}
