import type { Glob } from '#core/glob.ts';
import type { Policy, PolicySet } from '#policy/documents.ts';

interface Named {
  readonly name: string;
}

/** As much of the Config as policies name. */
export interface NamedConfig {
  readonly clusters: readonly Named[];
  readonly sources: readonly Named[];
  readonly identity?: { readonly issuers: readonly Named[] } | undefined;
}

/**
 * Names and patterns in policies that nothing in the Config has. None of them allows anything, but what was meant stays without a policy,
 * or is denied. That there is no cluster at all is said elsewhere.
 */
export function unknownNames({ policies }: Pick<PolicySet, 'policies'>, { clusters, sources, identity }: NamedConfig): readonly string[] {
  const names = (list: readonly Named[]): readonly string[] => list.map(({ name }) => name);
  const configured = { clusters: names(clusters), sources: names(sources), issuers: names(identity?.issuers ?? []) };
  return [...new Set(policies.flatMap((policy) => unknownIn(policy, configured)))];
}

type Configured = Readonly<Record<'clusters' | 'sources' | 'issuers', readonly string[]>>;

function unknownIn({ name, targets, changes, subjects }: Policy, { clusters, sources, issuers }: Configured): readonly string[] {
  const ofClusters =
    clusters.length === 0 ? [] : targets.flatMap((target) => (target.policies ? [] : unmatched(target.clusters, clusters)));
  const ofSources = unmatched(
    changes.map(({ source }) => source),
    sources,
  );
  const ofIssuers = (subjects ?? []).flatMap(({ issuer }) => (issuers.includes(issuer) ? [] : [issuer]));
  return [
    ...ofClusters.map((one) => `policy ${name} is about cluster ${one}: ${instead(clusters)}`),
    ...ofSources.map((one) => `policy ${name} takes changes of source ${one}: ${instead(sources)}`),
    ...ofIssuers.map((one) => `policy ${name} takes subjects of issuer ${one}: ${instead(issuers)}`),
  ];
}

function unmatched(patterns: readonly Glob[], names: readonly string[]): readonly string[] {
  return patterns.filter((pattern) => !names.some((one) => pattern.matches(one))).map(({ pattern }) => pattern);
}

function instead(names: readonly string[]): string {
  return names.length === 0 ? 'the Config has none' : `the Config has ${names.join(', ')}`;
}
