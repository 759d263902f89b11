import type { Clock } from '#core/clock.ts';
import type { Log } from '#core/ports/telemetry.ts';
import type { StoreEvent } from '#sandbox/cluster/event-history.ts';
import type { Kind } from '#sandbox/cluster/kinds.ts';
import { nameOf, type KubeObject } from '#sandbox/cluster/kube-object.ts';
import type { ObjectStore } from '#sandbox/cluster/object-store.ts';
import { Applier } from '#sandbox/flux/apply-manifests.ts';
import { ArtifactStorage } from '#sandbox/flux/artifact-storage.ts';
import { makeDeploymentsReady } from '#sandbox/flux/deployment-controller.ts';
import { artifactOf, isReady, lastAttemptedRevisionOf, requestOf, sourceRefOf } from '#sandbox/flux/flux-objects.ts';
import { reconcileGitRepository } from '#sandbox/flux/git-repository-controller.ts';
import { reconcileKustomization, type KustomizeParts } from '#sandbox/flux/kustomization-controller.ts';
import { reconcileOciRepository } from '#sandbox/flux/oci-repository-controller.ts';
import { measuredLatencies, type Latencies } from '#sandbox/flux/latencies.ts';
import { WorkQueue, type NextRun } from '#sandbox/flux/work-queue.ts';
import type { Gate } from '#sandbox/gate.ts';
import type { ResolveRepository } from '#sandbox/git/source-repository.ts';

export interface FluxOptions {
  /** Default: what was measured on Flux 2.9. */
  readonly latencies?: Latencies;
  /** Multiplies every interval of an object; default 1. */
  readonly intervalScale?: number;
  /** The shortest timeout of a health check, milliseconds; default 30 s as Flux has it. */
  readonly healthCheckFloor?: number;
  /** Wait before a Kustomization looks again for a dependency or an artifact, milliseconds; default 30 s. */
  readonly dependencyRetry?: number;
  /** Flux's gate CancelHealthCheckOnNewRevision; default off. */
  readonly cancelHealthChecks?: boolean;
  /** Makes Deployments available, except those annotated `sandbox.headgate.dev/stuck: "true"`; default off: then only a status patch does. */
  readonly deploymentsBecomeReady?: boolean;
  /** Serves OCIRepositories, which are fetched from where they say; default off: then only FakeCluster.publish gives them an artifact. */
  readonly fetchesOci?: boolean;
}

/** Flux runs this many objects of a kind at once by default: source-controller 2, kustomize-controller 4. */
const SOURCE_CONCURRENCY = 2;
const KUSTOMIZE_CONCURRENCY = 4;

interface FluxParts {
  readonly store: ObjectStore;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly log: Log;
  readonly resolve: ResolveRepository;
}

/** source-controller (GitRepository) and kustomize-controller at work on a store. */
export class FluxSimulation {
  readonly storage = new ArtifactStorage();
  readonly #parts: KustomizeParts;
  readonly #options: FluxOptions;
  readonly #stopping = new AbortController();
  readonly #sources: WorkQueue;
  readonly #artifacts: WorkQueue;
  readonly #kustomizations: WorkQueue;
  readonly #sourceNames = new WeakMap<KubeObject, string>();
  readonly #interrupts = new Map<string, AbortController>();
  readonly #unsubscribe: readonly (() => void)[];

  constructor(parts: FluxParts, options: FluxOptions = {}) {
    this.#options = options;
    this.#parts = {
      ...parts,
      storage: this.storage,
      latencies: options.latencies ?? measuredLatencies,
      intervalScale: options.intervalScale ?? 1,
      signal: this.#stopping.signal,
      applier: new Applier(parts.store),
      healthCheckFloor: options.healthCheckFloor ?? 30_000,
      dependencyRetry: options.dependencyRetry ?? 30_000,
    };
    this.#sources = new WorkQueue({ ...parts, concurrency: SOURCE_CONCURRENCY }, (key) => this.#runSource(key));
    this.#artifacts = new WorkQueue({ ...parts, concurrency: SOURCE_CONCURRENCY }, (key) => this.#runOci(key));
    this.#kustomizations = new WorkQueue({ ...parts, concurrency: KUSTOMIZE_CONCURRENCY }, (key) => this.#runKustomization(key));
    const unsubscribe = parts.store.subscribe((event) => this.#react(event));
    this.#unsubscribe = [unsubscribe, options.deploymentsBecomeReady ? makeDeploymentsReady(parts) : () => {}];
  }

  /** Ends every run and resolves when none is left. */
  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#stopping.abort();
    await Promise.all([this.#sources.stop(), this.#artifacts.stop(), this.#kustomizations.stop()]);
  }

  #react(event: StoreEvent): void {
    const { kind, object } = event;
    if (kind.kind === 'GitRepository') this.#reactTo(event, this.#sources);
    if (kind.kind === 'OCIRepository' && this.#options.fetchesOci === true) this.#reactTo(event, this.#artifacts);
    if (kind.kind === 'Kustomization') this.#reactTo(event, this.#kustomizations);
    if (kind.group.startsWith('source.') && hasNewArtifact(event)) this.#wakeConsumers(object);
  }

  #reactTo({ type, object, previous }: StoreEvent, queue: WorkQueue): void {
    const key = nameOf(object);
    if (type === 'DELETED') return queue.forget(key);
    const isAsked = requestOf(object) !== undefined && (previous === undefined || requestOf(object) !== requestOf(previous));
    const isNew = previous === undefined || previous.metadata.generation !== object.metadata.generation;
    if (!isAsked && !isNew) return;
    queue.add(key);
    if (queue === this.#kustomizations) this.#interrupt(key);
  }

  #wakeConsumers(source: KubeObject): void {
    const kind = this.#kind('Kustomization');
    const revision = artifactOf(source)?.revision;
    for (const consumer of kind === undefined ? [] : this.#parts.store.values(kind)) {
      if (this.#sourceOf(consumer) !== `${source.kind} ${nameOf(source)}`) continue;
      if (isReady(consumer) && lastAttemptedRevisionOf(consumer) === revision) continue;
      this.#kustomizations.add(nameOf(consumer));
      this.#interrupt(nameOf(consumer));
    }
  }

  /** Each version of an object is read once: with thousands of Kustomizations this runs for each of them at every new artifact. */
  #sourceOf(consumer: KubeObject): string {
    const known = this.#sourceNames.get(consumer);
    if (known !== undefined) return known;
    const { kind, namespace, name } = sourceRefOf(consumer);
    this.#sourceNames.set(consumer, `${kind} ${namespace}/${name}`);
    return `${kind} ${namespace}/${name}`;
  }

  #interrupt(key: string): void {
    if (this.#options.cancelHealthChecks === true) this.#interrupts.get(key)?.abort();
  }

  async #runSource(key: string): Promise<NextRun> {
    await this.#parts.gate.pass();
    const found = this.#find('GitRepository', key);
    return found && reconcileGitRepository(this.#parts, found.kind, found.object);
  }

  async #runOci(key: string): Promise<NextRun> {
    await this.#parts.gate.pass();
    const found = this.#find('OCIRepository', key);
    return found && reconcileOciRepository(this.#parts, found.kind, found.object);
  }

  async #runKustomization(key: string): Promise<NextRun> {
    await this.#parts.gate.pass();
    const found = this.#find('Kustomization', key);
    if (found === undefined) return undefined;
    const interrupt = new AbortController();
    this.#interrupts.set(key, interrupt);
    try {
      return await reconcileKustomization(this.#parts, found.kind, found.object, interrupt.signal);
    } finally {
      this.#interrupts.delete(key);
    }
  }

  #find(kindName: string, key: string): { readonly kind: Kind; readonly object: KubeObject } | undefined {
    const [namespace, name = ''] = key.split('/');
    const kind = this.#kind(kindName);
    const object = kind && this.#parts.store.get({ kind, namespace, name });
    return kind && object && object.metadata.deletionTimestamp === undefined ? { kind, object } : undefined;
  }

  #kind(name: string): Kind | undefined {
    return this.#parts.store.kinds.byKind(name);
  }
}

function hasNewArtifact({ type, object, previous }: StoreEvent): boolean {
  if (type === 'DELETED') return false;
  const revision = artifactOf(object)?.revision;
  return revision !== undefined && revision !== (previous && artifactOf(previous)?.revision);
}
