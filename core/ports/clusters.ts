import type { RepositoryKeys } from '#core/ports/source-adapter.ts';
import type { ConsumerOutcome, Outcome } from '#core/reconcile.ts';
import type { Footprint, SourceObject, TargetRef } from '#core/target.ts';

/** What the clusters contain, kept by watches. Answers from memory, never by a request. */
export interface Inventory {
  /** Every source object whose normalised URL (core/urls.ts) is one of the repository's. */
  sourcesAt(repository: RepositoryKeys): readonly SourceObject[];
  find(target: TargetRef): SourceObject | undefined;
  /** All source objects. */
  sources(): readonly SourceObject[];
  footprint(source: SourceObject): Footprint;
  /** Calls back with a source's target whenever it, or anything that follows it, has changed. Returns the unsubscription. */
  onChange(listener: (target: TargetRef) => void): () => void;
  health(): readonly ClusterHealth[];
}

export interface ClusterHealth {
  readonly cluster: string;
  /** `synced`: every served kind is listed and watched. `unreachable`: the API server does not answer. */
  readonly state: 'starting' | 'synced' | 'unreachable' | 'refused';
  /** Whether every served kind has been listed at least once since the start: what it contains is known, if perhaps old. */
  readonly known: boolean;
  /** Last failure, null when there is none. */
  readonly message: string | null;
  readonly kinds: readonly {
    readonly kind: string;
    readonly state: 'synced' | 'syncing' | 'absent' | 'failing';
    readonly objects: number;
  }[];
}

/** Acts on clusters. Each method rejects with CLUSTER_UNREACHABLE (worth retrying) or CLUSTER_REFUSED (not by itself). */
export interface Actuator {
  /** Asks Flux to reconcile a source object: one merge patch of annotations. Resolves when the API server has stored it. */
  requestReconcile(target: TargetRef, order: ReconcileOrder): Promise<void>;
  /** Writes a Kubernetes Event about the target. */
  emitEvent(target: TargetRef, event: TargetEvent): Promise<void>;
}

export interface ReconcileOrder {
  /** Value of `reconcile.fluxcd.io/requestedAt`. */
  readonly token: string;
  /** Value of `event.toolkit.fluxcd.io/headgate-run`: the reconcile's id. */
  readonly run: string;
}

export interface TargetEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason:
    | 'HeadgateTriggered'
    | 'HeadgateDenied'
    | 'HeadgateSkipped'
    | 'HeadgateApplied'
    | 'HeadgateFailed'
    | 'HeadgateUngated'
    | 'HeadgatePoliciesChanged';
  readonly message: string;
}

/** Reads what a cluster reports about one attempt. */
export interface Observer {
  observe(target: TargetRef, attempt: Attempt): Observation;
}

export interface Attempt {
  /** The commit to reach; null when the head is meant. */
  readonly revision: string | null;
  /** Our annotation value; null when nothing was written because the source was current. */
  readonly token: string | null;
  /** Commits of newer reconciles of this target: reaching one of them supersedes this attempt. */
  readonly newer: readonly string[];
  /** Of what was published for it, `sha256:<hex>`: nothing else is the revision, whatever it says that it was made from. */
  readonly digest?: string;
}

export interface Observation {
  /** null while the attempt is still under way. */
  readonly outcome: Outcome | null;
  readonly reason: string | null;
  readonly message: string | null;
  /** The source's artifact is the desired revision. */
  readonly artifactReached: boolean;
  /** `status.artifact.revision` of the source. */
  readonly artifactRevision: string | null;
  /** The source has handled our token (or a later one) but serves another revision: ask again, it may lag. */
  readonly lagging: boolean;
  readonly consumers: readonly Omit<ConsumerOutcome, 'at'>[];
  /** How long the objects' own timeouts allow this to take, milliseconds. */
  readonly patience: number;
  /** False while the cluster is not synced: what is seen may be old, so deadlines do not run. */
  readonly fresh: boolean;
}
