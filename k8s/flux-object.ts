import type { AppliedKind, RefSpec, TargetRef } from '#core/target.ts';

/** Names an object within one cluster. */
export type ObjectRef = Omit<TargetRef, 'cluster'>;

/** A condition of type meta/v1. */
export interface Condition {
  /** `True`, `False` or `Unknown`. */
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** The condition's own: the object's lags behind on failure. 0 when absent. */
  readonly generation: number;
}

/** `status.artifact` of a source. */
export interface Artifact {
  readonly revision: string;
  /** `org.opencontainers.image.revision` of its metadata: where the content came from. */
  readonly origin: string | null;
  /** Milliseconds since the epoch, to the second; 0 when unknown. */
  readonly updatedAt: number;
}

/** The last Helm release that a HelmRelease made (`status.history[0]`). */
export interface ReleaseSnapshot {
  readonly chartVersion: string;
  /** Helm's word: `deployed`, `failed`, … */
  readonly status: string;
  readonly ociDigest: string | null;
}

/** Where a consumer writes. */
export interface Writes {
  /** targetNamespace and inventory, else its own. Sorted. */
  readonly namespaces: readonly string[];
  readonly unbounded: boolean;
  readonly serviceAccount?: string;
  /** Of its inventory, each kind once for each namespace, in its order. */
  readonly applies?: readonly AppliedKind[];
  readonly remote: boolean;
  /** `secret/flux-system/edge`: what holds the way to the other cluster; null where it writes to its own, or does not say. */
  readonly kubeConfig: string | null;
}

/** How far a consumer has come. */
export interface Progress {
  readonly applied: string | null;
  readonly appliedOrigin: string | null;
  readonly attempted: string | null;
  readonly attemptedDigest: string | null;
  readonly release: ReleaseSnapshot | null;
}

/** What the inventory keeps of a Flux object: the fields that matching, footprint and outcome need. */
export interface FluxObject {
  readonly target: TargetRef;
  readonly apiVersion: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly deleting: boolean;
  readonly suspended: boolean;
  /** Values of `reconcile.fluxcd.io/requestedAt` as they were seen, oldest first; the last is the present one. */
  readonly tokens: readonly string[];
  /** Patterns of `headgate.dev/paths`; null without the annotation. */
  readonly paths: readonly string[] | null;
  /** `status.lastHandledReconcileAt`. */
  readonly handled: string | null;
  readonly ready: Condition | null;
  readonly reconciling: Condition | null;
  readonly stalled: Condition | null;
  /** HelmRelease only: how the last install or upgrade went, whatever remediation followed. */
  readonly released: Condition | null;
  /** How long one run may take, milliseconds. */
  readonly timeout: number;
  /** What it follows. For a consumer the first is what gives it its artifact. */
  readonly follows: readonly ObjectRef[];
  /** What it makes (ArtifactGenerator). */
  readonly makes: readonly ObjectRef[];
  readonly artifact: Artifact | null;
  /** Revisions of the repositories that a GitRepository includes. */
  readonly included: readonly string[];
  /** Sources only. */
  readonly origin: { readonly url: string; readonly ref: RefSpec; readonly insecure?: true } | null;
  /** HelmChart only: the source's revision that it was built from, and whether every revision is a new chart. */
  readonly chart: { readonly builtFrom: string | null; readonly everyRevision: boolean } | null;
  /** Consumers only. */
  readonly writes: Writes | null;
  readonly progress: Progress;
}

/** Key of an object within the whole inventory: targetKey(target). */
export type ObjectKey = string;
