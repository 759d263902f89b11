/** Names one object of one configured cluster. */
export interface TargetRef {
  readonly cluster: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** `prod/GitRepository/apps/webapp`: the form in which targets are stored, queued and printed. */
export function targetKey(target: TargetRef): string {
  return `${target.cluster}/${target.kind}/${target.namespace}/${target.name}`;
}

/** The inverse of targetKey; undefined when the text has another form. */
export function parseTargetKey(key: string): TargetRef | undefined {
  const [cluster, kind, namespace, name, ...rest] = key.split('/');
  if (!cluster || !kind || !namespace || !name || rest.length > 0) return undefined;
  return { cluster, kind, namespace, name };
}

/**
 * Which revision a Flux source object follows. Precedence: commit, name, tag, semver, branch (fluxcd/pkg git/gogit/client.go); of OCIRepositories
 * digest, semver, tag (source-controller api/v1/ocirepository_types.go).
 */
export interface RefSpec {
  readonly branch?: string;
  readonly tag?: string;
  readonly semver?: string;
  readonly name?: string;
  readonly commit?: string;
  readonly digest?: string;
}

/** A Flux source object as the inventory knows it. */
export interface SourceObject {
  readonly target: TargetRef;
  /** `spec.url` as written. */
  readonly url: string;
  readonly ref: RefSpec;
  /** `spec.insecure`: Flux fetches without TLS. */
  readonly insecure?: true;
  readonly suspended: boolean;
  /** `status.artifact.revision`, null before the first artifact. */
  readonly artifactRevision: string | null;
  /** What its artifact was made from (`org.opencontainers.image.revision`: `default@sha1:<hex>`); absent where the artifact does not say. */
  readonly artifactOrigin?: string;
  /** Patterns of its annotation `headgate.dev/paths`; null when it has none. */
  readonly paths: readonly string[] | null;
}

/** A kind of object that a consumer has applied. */
export interface AppliedKind {
  /** Empty for cluster-wide objects. */
  readonly namespace: string;
  /** API group; empty for the core. */
  readonly group: string;
  readonly kind: string;
}

/** A Flux object that follows a source, and where it writes. */
export interface Consumer {
  readonly object: TargetRef;
  readonly suspended: boolean;
  /** Namespaces that it writes to: targetNamespace and inventory, else its own. */
  readonly namespaces: readonly string[];
  /** True when no service account bounds what it may write. */
  readonly unbounded: boolean;
  /** The service account that it impersonates, in its own namespace; absent when it names none. */
  readonly serviceAccount?: string;
  /** What its inventory holds; absent where it has none (a HelmRelease, or one that has applied nothing yet). */
  readonly applies?: readonly AppliedKind[];
  /** True when it writes to another cluster (spec.kubeConfig). */
  readonly remote: boolean;
  /** Which one, as the config names it; absent when it names none: then nothing is allowed. */
  readonly remoteCluster?: string;
  /** Patterns of its annotation `headgate.dev/paths`; null when it has none. */
  readonly paths: readonly string[] | null;
}

/** A target and everything that moves with it. */
export interface Footprint {
  readonly source: SourceObject;
  readonly consumers: readonly Consumer[];
  /** Every namespace of the target's own cluster that moves, sorted; the source's own when nothing follows it. */
  readonly namespaces: readonly string[];
  /** Consumers that no service account bounds. */
  readonly unbounded: readonly TargetRef[];
}
