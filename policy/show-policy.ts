import type { Mode, Enforcement } from '#core/decision.ts';
import type { Policy } from '#policy/documents.ts';

/** A policy as the API shows it: its selectors as written. */
export interface PolicyView {
  readonly name: string;
  readonly hash: string;
  readonly mode: Mode;
  readonly enforcement: Enforcement;
  readonly place: string;
  readonly targets: readonly { readonly clusters: readonly string[]; readonly namespaces: readonly string[] }[];
  readonly changes: readonly {
    readonly source: string;
    readonly repositories: readonly string[];
    readonly refs: readonly string[];
    readonly confirmed: boolean;
  }[];
}

/** Plain data of a loaded policy. */
export function showPolicy({ targets, changes, ...policy }: Policy): PolicyView {
  const patterns = (globs: readonly { readonly pattern: string }[]): readonly string[] => globs.map(({ pattern }) => pattern);
  return {
    ...policy,
    targets: targets.map(({ clusters, namespaces }) => ({ clusters: patterns(clusters), namespaces: patterns(namespaces) })),
    changes: changes.map(({ source, repositories, refs, confirmed }) => ({
      source: source.pattern,
      repositories: patterns(repositories),
      refs: patterns(refs),
      confirmed,
    })),
  };
}
