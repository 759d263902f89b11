import type { TargetRef } from '#core/target.ts';

/** A kind that the inventory lists and watches. */
export interface FluxKind {
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

const source = { group: 'source.toolkit.fluxcd.io', version: 'v1' };

/** What Flux 2.7 and newer serve. */
export const fluxKinds: readonly FluxKind[] = [
  { kind: 'GitRepository', plural: 'gitrepositories', ...source },
  { kind: 'OCIRepository', plural: 'ocirepositories', ...source },
  { kind: 'Bucket', plural: 'buckets', ...source },
  { kind: 'HelmRepository', plural: 'helmrepositories', ...source },
  { kind: 'HelmChart', plural: 'helmcharts', ...source },
  { kind: 'ExternalArtifact', plural: 'externalartifacts', ...source },
  { kind: 'ArtifactGenerator', plural: 'artifactgenerators', group: 'source.extensions.fluxcd.io', version: 'v1beta1' },
  { kind: 'Kustomization', plural: 'kustomizations', group: 'kustomize.toolkit.fluxcd.io', version: 'v1' },
  { kind: 'HelmRelease', plural: 'helmreleases', group: 'helm.toolkit.fluxcd.io', version: 'v2' },
];

/** The kinds through which something may follow a source: all of them must be known before "nothing follows it" may be said. */
export const followingKinds: readonly string[] = [
  'GitRepository',
  'HelmChart',
  'ExternalArtifact',
  'ArtifactGenerator',
  'Kustomization',
  'HelmRelease',
];

export function apiVersionOf({ group, version }: FluxKind): string {
  return `${group}/${version}`;
}

/** Path of all objects of a kind, in every namespace. */
export function collectionPath({ group, version, plural }: FluxKind): string {
  return `/apis/${group}/${version}/${plural}`;
}

/** Path of one object; undefined when its kind is none of ours. */
export function objectPath({ kind, namespace, name }: TargetRef): string | undefined {
  const found = fluxKinds.find((candidate) => candidate.kind === kind);
  if (!found) return undefined;
  const { group, version, plural } = found;
  return `/apis/${group}/${version}/namespaces/${encodeURIComponent(namespace)}/${plural}/${encodeURIComponent(name)}`;
}
