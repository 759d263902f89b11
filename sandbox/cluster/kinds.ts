/** One kind of object that the API serves. */
export interface Kind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Has a `/status` subresource: a write to the object itself leaves the status alone. */
  readonly status: boolean;
  /** Counts `metadata.generation`: custom resources and workloads do, ConfigMaps and Events do not. */
  readonly generation: boolean;
}

/** `source.toolkit.fluxcd.io/v1`, or `v1` for the core group. */
export function apiVersionOf(kind: Pick<Kind, 'group' | 'version'>): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** `gitrepositories.source.toolkit.fluxcd.io`: how the API server names a kind in its messages. */
export function resourceOf(kind: Pick<Kind, 'group' | 'plural'>): string {
  return kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
}

function builtIn(group: string, version: string, kind: string, plural: string, more: Partial<Kind> = {}): Kind {
  return { group, version, kind, plural, namespaced: true, status: false, generation: false, ...more };
}

function custom(group: string, version: string, kind: string, plural: string): Kind {
  return { group, version, kind, plural, namespaced: true, status: true, generation: true };
}

export const builtInKinds: readonly Kind[] = [
  builtIn('', 'v1', 'Namespace', 'namespaces', { namespaced: false, status: true }),
  builtIn('', 'v1', 'ConfigMap', 'configmaps'),
  builtIn('', 'v1', 'Secret', 'secrets'),
  builtIn('', 'v1', 'Service', 'services', { status: true }),
  builtIn('', 'v1', 'ServiceAccount', 'serviceaccounts'),
  builtIn('', 'v1', 'Event', 'events'),
  builtIn('rbac.authorization.k8s.io', 'v1', 'Role', 'roles'),
  builtIn('rbac.authorization.k8s.io', 'v1', 'RoleBinding', 'rolebindings'),
  builtIn('rbac.authorization.k8s.io', 'v1', 'ClusterRole', 'clusterroles', { namespaced: false }),
  builtIn('rbac.authorization.k8s.io', 'v1', 'ClusterRoleBinding', 'clusterrolebindings', { namespaced: false }),
  builtIn('apps', 'v1', 'Deployment', 'deployments', { status: true, generation: true }),
];

/** Questions that are answered and never kept. */
export const reviewKinds: readonly Kind[] = [
  builtIn('authentication.k8s.io', 'v1', 'TokenReview', 'tokenreviews', { namespaced: false }),
  builtIn('authorization.k8s.io', 'v1', 'SubjectAccessReview', 'subjectaccessreviews', { namespaced: false }),
  builtIn('authorization.k8s.io', 'v1', 'SelfSubjectAccessReview', 'selfsubjectaccessreviews', { namespaced: false }),
];

/** Groups, versions and plurals as the CustomResourceDefinitions of Flux 2.9 declare them. */
export const fluxKinds: readonly Kind[] = [
  custom('source.toolkit.fluxcd.io', 'v1', 'GitRepository', 'gitrepositories'),
  custom('source.toolkit.fluxcd.io', 'v1', 'OCIRepository', 'ocirepositories'),
  custom('source.toolkit.fluxcd.io', 'v1', 'Bucket', 'buckets'),
  custom('source.toolkit.fluxcd.io', 'v1', 'HelmRepository', 'helmrepositories'),
  custom('source.toolkit.fluxcd.io', 'v1', 'HelmChart', 'helmcharts'),
  custom('source.toolkit.fluxcd.io', 'v1', 'ExternalArtifact', 'externalartifacts'),
  custom('source.extensions.fluxcd.io', 'v1beta1', 'ArtifactGenerator', 'artifactgenerators'),
  custom('kustomize.toolkit.fluxcd.io', 'v1', 'Kustomization', 'kustomizations'),
  custom('helm.toolkit.fluxcd.io', 'v2', 'HelmRelease', 'helmreleases'),
];

/** The kinds that are served now; custom ones come and go while the server runs, as CRDs do. */
export class KindRegistry {
  readonly #kinds = new Map<string, Kind>();

  constructor(kinds: readonly Kind[]) {
    for (const kind of kinds) this.add(kind);
  }

  add(kind: Kind): void {
    this.#kinds.set(`${apiVersionOf(kind)}/${kind.plural}`, kind);
  }

  remove(kind: Kind): void {
    this.#kinds.delete(`${apiVersionOf(kind)}/${kind.plural}`);
  }

  all(): readonly Kind[] {
    return [...this.#kinds.values()];
  }

  byPlural(apiVersion: string, plural: string): Kind | undefined {
    return this.#kinds.get(`${apiVersion}/${plural}`);
  }

  byKind(kind: string, apiVersion?: string): Kind | undefined {
    return this.all().find((known) => known.kind === kind && (apiVersion === undefined || apiVersionOf(known) === apiVersion));
  }
}
