import type { Footprint, TargetRef } from './target.ts';

/**
 * What a change of the policies themselves is decided for: no object of any cluster. No cluster can be configured under this name
 * (config/clusters-schema.ts), and no pattern reaches it: policies are about it by `policies: true` alone (policy/rules.ts).
 */
export const policiesTarget: TargetRef = { cluster: 'headgate', kind: 'Policies', namespace: 'policies', name: 'policies' };

/** It follows nothing, and nothing follows it. */
export const policiesFootprint: Footprint = {
  source: { target: policiesTarget, url: '', ref: {}, suspended: false, artifactRevision: null, paths: null },
  consumers: [],
  namespaces: [policiesTarget.namespace],
  unbounded: [],
};

/** Whether this is the place of the policies themselves. */
export function isPoliciesTarget({ cluster }: Pick<TargetRef, 'cluster'>): boolean {
  return cluster === policiesTarget.cluster;
}
