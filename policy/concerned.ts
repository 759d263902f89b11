import type { Consumer, Footprint } from '#core/target.ts';
import type { Policy, PolicySet } from '#policy/documents.ts';
import { selects } from '#policy/rules.ts';

/** A namespace that is written to. */
export interface Place {
  /** Null: another cluster, and the config does not say which. */
  readonly cluster: string | null;
  readonly namespace: string;
}

/** Every namespace that moves, in whichever cluster. Never empty, so that "every one is covered" cannot hold for want of any. */
export function movingPlaces(footprint: Footprint): readonly Place[] {
  const { cluster, namespace } = footprint.source.target;
  const places = footprint.namespaces.map((each): Place => ({ cluster, namespace: each }));
  for (const consumer of footprint.consumers) if (consumer.remote) places.push(...remotePlaces(consumer));
  return places.length > 0 ? places : [{ cluster, namespace }];
}

/** Where a consumer of another cluster writes. Never empty. */
export function remotePlaces({ namespaces, remoteCluster }: Consumer): readonly Place[] {
  if (namespaces.length === 0) return [{ cluster: null, namespace: '' }];
  return namespaces.map((namespace) => ({ cluster: remoteCluster ?? null, namespace }));
}

/** Their namespaces, in whichever cluster, each once. */
export function namespacesOf(places: readonly Place[]): readonly string[] {
  const namespaces = places.map(({ namespace }) => namespace);
  return namespaces.length === 1 ? namespaces : [...new Set(namespaces)];
}

/** Whether a policy is about a place. */
function coversPlace(policy: Policy, { cluster, namespace }: Place): boolean {
  return cluster !== null && selects(policy, cluster, namespace);
}

/** Of what moves, in words, each namespace that no policy is about. */
export function uncoveredNamespaces(policies: PolicySet, footprint: Footprint): readonly string[] {
  const places = movingPlaces(footprint);
  const uncovered = uncoveredPlaces(places, policiesAt(policies, places));
  return uncovered.map(({ cluster, namespace }) => (cluster === null ? 'another cluster' : `namespace ${namespace} of cluster ${cluster}`));
}

/** Those that none of the policies is about. */
export function uncoveredPlaces(places: readonly Place[], concerned: readonly Policy[]): readonly Place[] {
  return places.filter((place) => !concerned.some((policy) => coversPlace(policy, place)));
}

/** The policies that are about any of what moves, by name. */
export function concernedPolicies(policies: PolicySet, footprint: Footprint): readonly Policy[] {
  return policiesAt(policies, movingPlaces(footprint));
}

/** The policies that are about any of these places, by name. */
export function policiesAt(policies: PolicySet, places: readonly Place[]): readonly Policy[] {
  const candidates = policies.index.candidates(namespacesOf(places));
  return candidates.filter((policy) => places.some((place) => coversPlace(policy, place)));
}
