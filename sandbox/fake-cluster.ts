import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { ApiServer, type SeenRequest } from '#sandbox/cluster/api-server.ts';
import type { Verb } from '#sandbox/cluster/faults.ts';
import { builtInKinds, fluxKinds, type Kind } from '#sandbox/cluster/kinds.ts';
import { parseManifest, type KubeObject, type Manifest } from '#sandbox/cluster/kube-object.ts';
import { mergePatch } from '#sandbox/cluster/merge-patch.ts';
import { ObjectStore, type ObjectKey } from '#sandbox/cluster/object-store.ts';
import { artifactOf } from '#sandbox/flux/flux-objects.ts';
import { FluxSimulation, type FluxOptions } from '#sandbox/flux/flux-simulation.ts';
import { publishArtifact, type PublishedArtifact } from '#sandbox/flux/publish-artifact.ts';
import type { ResolveRepository } from '#sandbox/git/source-repository.ts';
import { writeKubeconfig } from '#sandbox/kubeconfig.ts';
import { waitForObject } from '#sandbox/wait-for-object.ts';

export interface FakeClusterOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Finds the git repository behind `spec.url`; without it every GitRepository fails with "repository not found". */
  readonly resolve?: ResolveRepository;
  readonly flux?: FluxOptions;
  /** Kinds that are served at first, by name, beside the built-in ones; default all of Flux. */
  readonly kinds?: readonly string[];
  readonly port?: number;
  /** Name of the context in `kubeconfig()`; default `sandbox`. */
  readonly context?: string;
  /** Between two bookmarks of a watch, milliseconds; default one minute. */
  readonly bookmarkInterval?: number;
  /** How many writes a watch can lag behind before it is told 410; default 10,000. */
  readonly history?: number;
}

/**
 * A cluster in this process: the part of the Kubernetes API that a Flux client uses, over HTTP on loopback behind a bearer token,
 * with controllers behind it that behave as Flux's do, failures and status traps included.
 *
 * Everything here acts directly on the store, as cluster administrators and other controllers would, and is seen by watches.
 * Kinds are named as in manifests (`GitRepository`); cluster-scoped objects have the namespace `''`.
 */
export interface FakeCluster {
  readonly url: string;
  readonly token: string;
  /** A kubeconfig (YAML) with one context. */
  kubeconfig(): string;

  /** Creates the object, or replaces everything but its status. Makes the namespace when there is none. */
  apply(object: object): KubeObject;
  get(kind: string, namespace: string, name: string): KubeObject | undefined;
  list(kind: string, namespace?: string): readonly KubeObject[];
  /** JSON merge patch of the object without its status. */
  patch(kind: string, namespace: string, name: string, patch: object): KubeObject;
  /** JSON merge patch of the status. */
  patchStatus(kind: string, namespace: string, name: string, status: object): KubeObject;
  remove(kind: string, namespace: string, name: string): void;
  /** Resolves with the object as soon as it satisfies `fits` (also at once); rejects after `within` milliseconds of the clock, default 10 s. */
  waitFor(kind: string, namespace: string, name: string, fits: (object: KubeObject) => boolean, within?: number): Promise<KubeObject>;
  /** Gives a source that no simulated controller serves (OCIRepository, Bucket, ExternalArtifact, …) an artifact and Ready=True. */
  publish(kind: string, namespace: string, name: string, artifact: PublishedArtifact): KubeObject;
  /** Makes the source's current artifact a 404 for its consumers. */
  loseArtifact(kind: string, namespace: string, name: string): void;

  /** Serves one more of Flux's kinds, as when its CustomResourceDefinition is created. */
  addKind(kind: string): void;
  /** Serves a kind no longer; its objects are deleted and its watches end. */
  removeKind(kind: string): void;

  /** Accepts connections and answers nothing, watches included, until `resume`. The controllers stand still too. */
  pause(): void;
  resume(): void;
  /** The watches that are open now stay open and never say a word again; new ones work. */
  goMute(): void;
  /** Cuts the connections of all open watches. */
  dropWatches(): void;
  /**
   * Forgets history and unfinished paged lists: a watch from an older version is told 410, as an ERROR event (default, what API servers do)
   * or as HTTP status; the next page of a list is a 410 anyway. Open watches go on: combine with `dropWatches`.
   */
  expireHistory(as?: 'event' | 'status'): void;
  /** Answers 403 to a verb on a kind (`*` = all verbs) until `allow`. */
  refuse(verb: Verb | '*', kind: string): void;
  allow(verb: Verb | '*', kind: string): void;
  /** As kill -9 of the API server: connections are reset and nothing listens until `restart` on the same port with the same objects. */
  kill(): Promise<void>;
  restart(): Promise<void>;

  /** The latest requests over HTTP, oldest first. */
  requests(): readonly SeenRequest[];
  /** How many watches are open. */
  openWatches(): number;
  stop(): Promise<void>;
}

/** Starts a cluster. @throws HeadgateError PORT_BUSY */
export async function startFakeCluster(options: FakeClusterOptions): Promise<FakeCluster> {
  const { clock, log } = options;
  const served = fluxKinds.filter((kind) => options.kinds === undefined || options.kinds.includes(kind.kind));
  const store = new ObjectStore(clock, [...builtInKinds, ...served], options.history ?? limits.sandbox.remembered);
  const api = new ApiServer({ store, clock, log }, { port: options.port ?? 0, bookmarkInterval: options.bookmarkInterval ?? 60_000 });
  const gate = api.faults.gate;
  const flux = new FluxSimulation({ store, gate, clock, log, resolve: options.resolve ?? (() => undefined) }, options.flux);
  await api.start();
  return new Handle({ store, api, flux, clock }, options.context ?? 'sandbox');
}

interface HandleParts {
  readonly store: ObjectStore;
  readonly api: ApiServer;
  readonly flux: FluxSimulation;
  readonly clock: Clock;
}

const ADMIN = { manager: 'sandbox-admin' };

class Handle implements FakeCluster {
  readonly #store: ObjectStore;
  readonly #api: ApiServer;
  readonly #flux: FluxSimulation;
  readonly #clock: Clock;
  readonly #context: string;

  constructor(parts: HandleParts, context: string) {
    this.#store = parts.store;
    this.#api = parts.api;
    this.#flux = parts.flux;
    this.#clock = parts.clock;
    this.#context = context;
  }

  get url(): string {
    return this.#api.url;
  }

  get token(): string {
    return this.#api.token;
  }

  kubeconfig(): string {
    return writeKubeconfig({ context: this.#context, server: this.url, token: this.token });
  }

  apply(object: object): KubeObject {
    const manifest = parseManifest(object);
    const kind = this.#kind(manifest.kind ?? '');
    const name = manifest.metadata.name ?? '';
    const namespace = kind.namespaced ? (manifest.metadata.namespace ?? 'default') : undefined;
    if (namespace !== undefined) this.#ensureNamespace(namespace);
    const key = { kind, namespace, name };
    if (this.#store.get(key) === undefined) return this.#store.create(key, manifest, ADMIN);
    return this.#store.update({ ...key, writer: ADMIN, written: manifest, expected: undefined, change: () => manifest });
  }

  get(kind: string, namespace: string, name: string): KubeObject | undefined {
    return this.#store.get(this.#key(kind, namespace, name));
  }

  list(kind: string, namespace?: string): readonly KubeObject[] {
    return this.#store.list(this.#kind(kind), namespace);
  }

  patch(kind: string, namespace: string, name: string, patch: object): KubeObject {
    const change = (current: KubeObject): Manifest => parseManifest(mergePatch(current, patch));
    return this.#store.update({ ...this.#key(kind, namespace, name), writer: ADMIN, written: patch, expected: undefined, change });
  }

  patchStatus(kind: string, namespace: string, name: string, status: object): KubeObject {
    const writer = { ...ADMIN, subresource: 'status' as const };
    const change = (current: KubeObject): Manifest => parseManifest(mergePatch(current, { status }));
    return this.#store.update({ ...this.#key(kind, namespace, name), writer, written: { status }, expected: undefined, change });
  }

  remove(kind: string, namespace: string, name: string): void {
    this.#store.remove(this.#key(kind, namespace, name));
  }

  waitFor(kind: string, namespace: string, name: string, fits: (object: KubeObject) => boolean, within = 10_000): Promise<KubeObject> {
    return waitForObject(this.#store, this.#clock, this.#key(kind, namespace, name), fits, within);
  }

  publish(kind: string, namespace: string, name: string, artifact: PublishedArtifact): KubeObject {
    const status = publishArtifact(this.#flux.storage, this.#clock, this.#require(kind, namespace, name), artifact);
    return this.patchStatus(kind, namespace, name, status);
  }

  loseArtifact(kind: string, namespace: string, name: string): void {
    const artifact = artifactOf(this.#require(kind, namespace, name));
    if (artifact !== undefined) this.#flux.storage.lose(artifact.url);
  }

  addKind(kind: string): void {
    const found = fluxKinds.find((each) => each.kind === kind);
    if (found === undefined) throw new Error(`Flux has no kind ${kind}`);
    this.#store.kinds.add(found);
  }

  removeKind(kind: string): void {
    const found = this.#kind(kind);
    this.#store.removeKind(found);
    this.#api.watches.endKind(found);
  }

  pause(): void {
    this.#api.faults.gate.close();
  }

  resume(): void {
    this.#api.faults.gate.open();
  }

  goMute(): void {
    this.#api.watches.mute();
  }

  dropWatches(): void {
    this.#api.watches.drop();
  }

  expireHistory(as: 'event' | 'status' = 'event'): void {
    this.#api.faults.expiredAs = as;
    this.#store.expire();
    this.#api.pages.expire();
  }

  refuse(verb: Verb | '*', kind: string): void {
    this.#api.faults.refuse(verb, kind);
  }

  allow(verb: Verb | '*', kind: string): void {
    this.#api.faults.allow(verb, kind);
  }

  kill(): Promise<void> {
    return this.#api.kill();
  }

  restart(): Promise<void> {
    return this.#api.start();
  }

  requests(): readonly SeenRequest[] {
    return this.#api.seen;
  }

  openWatches(): number {
    return this.#api.watches.open;
  }

  async stop(): Promise<void> {
    await this.#api.stop();
    await this.#flux.stop();
  }

  #ensureNamespace(name: string): void {
    const key = { kind: this.#kind('Namespace'), namespace: undefined, name };
    if (this.#store.get(key) === undefined) this.#store.create(key, { metadata: { name } }, ADMIN);
  }

  #require(kind: string, namespace: string, name: string): KubeObject {
    const object = this.get(kind, namespace, name);
    if (object === undefined) throw new Error(`there is no ${kind} ${namespace}/${name}`);
    return object;
  }

  #key(kind: string, namespace: string, name: string): ObjectKey {
    return { kind: this.#kind(kind), namespace: namespace === '' ? undefined : namespace, name };
  }

  #kind(name: string): Kind {
    const kind = this.#store.kinds.byKind(name);
    if (kind === undefined) throw new Error(`the cluster serves no kind ${name}`);
    return kind;
  }
}
