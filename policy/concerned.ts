import type { Footprint } from '#core/target.ts';
import type { Policy, PolicySet } from '#policy/documents.ts';
import { selects } from '#policy/rules.ts';

/** Every namespace that moves. Never empty, so that "every namespace is covered" cannot hold for want of namespaces. */
export function movingNamespaces(footprint: Footprint): readonly string[] {
  return footprint.namespaces.length > 0 ? footprint.namespaces : [footprint.source.target.namespace];
}

/** The policies that are about any of what moves, by name. */
export function concernedPolicies(policies: PolicySet, footprint: Footprint): readonly Policy[] {
  const { cluster } = footprint.source.target;
  const namespaces = movingNamespaces(footprint);
  return policies.index.candidates(namespaces).filter((policy) => namespaces.some((namespace) => selects(policy, cluster, namespace)));
}
