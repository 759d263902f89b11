import type { HeadgateError } from '#core/errors.ts';
import type {
  Actuator,
  Attempt,
  ClusterHealth,
  Inventory,
  Observation,
  Observer,
  ReconcileOrder,
  TargetEvent,
} from '#core/ports/clusters.ts';
import type { RepositoryKeys } from '#core/ports/source-adapter.ts';
import { targetKey, type Consumer, type Footprint, type SourceObject, type TargetRef } from '#core/target.ts';
import { repositoryKey } from '#core/urls.ts';

/**
 * Clusters in memory, for tests of whatever works on the ports: what they contain and report is set by the test.
 * It knows nothing of Flux; for that there is the sandbox's cluster.
 */
export class FakeClusters implements Inventory, Actuator, Observer {
  /** Cluster name → whether its content is known. */
  readonly known = new Map<string, boolean>();
  /** Why requests fail now; undefined: they succeed. */
  failure: HeadgateError | undefined;
  /** Every request that the cluster has stored, in order. */
  readonly orders: { readonly target: string; readonly order: ReconcileOrder }[] = [];
  readonly events: { readonly target: string; readonly event: TargetEvent }[] = [];
  /** How often a request was tried, failed ones included. */
  tries = 0;
  readonly #sources = new Map<string, SourceObject>();
  readonly #consumers = new Map<string, readonly Consumer[]>();
  readonly #reports = new Map<string, (attempt: Attempt) => Partial<Observation>>();
  readonly #listeners = new Set<(target: TargetRef) => void>();

  /** Puts a source object and its followers in place and tells the listeners. */
  put(source: SourceObject, consumers: readonly Consumer[] = []): void {
    const key = targetKey(source.target);
    if (!this.known.has(source.target.cluster)) this.known.set(source.target.cluster, true);
    this.#sources.set(key, source);
    this.#consumers.set(key, consumers);
    this.#changed(source.target);
  }

  remove(target: TargetRef): void {
    this.#sources.delete(targetKey(target));
    this.#changed(target);
  }

  /** What `observe` answers for a target from now on; tells the listeners. */
  report(target: TargetRef, report: Partial<Observation> | ((attempt: Attempt) => Partial<Observation>)): void {
    this.#reports.set(targetKey(target), typeof report === 'function' ? report : () => report);
    this.#changed(target);
  }

  sourcesAt({ keys, caseSensitive }: RepositoryKeys): readonly SourceObject[] {
    const fold = (key: string): string => (caseSensitive ? key : key.toLowerCase());
    const wanted = new Set(keys.map(fold));
    return this.sources().filter(({ url }) => wanted.has(fold(repositoryKey(url) ?? '')));
  }

  find(target: TargetRef): SourceObject | undefined {
    return this.#sources.get(targetKey(target));
  }

  sources(): readonly SourceObject[] {
    return [...this.#sources.values()];
  }

  footprint(source: SourceObject): Footprint {
    const consumers = this.#consumers.get(targetKey(source.target)) ?? [];
    const namespaces = consumers.filter(({ remote }) => !remote).flatMap((consumer) => consumer.namespaces);
    const unbounded = consumers.filter((consumer) => consumer.unbounded).map(({ object }) => object);
    return {
      source,
      consumers,
      namespaces: [...new Set(consumers.length > 0 ? namespaces : [source.target.namespace])].sort(),
      unbounded,
    };
  }

  onChange(listener: (target: TargetRef) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  health(): readonly ClusterHealth[] {
    return [...this.known].map(([cluster, known]) => ({
      cluster,
      known,
      state: known ? 'synced' : 'unreachable',
      message: null,
      kinds: [],
    }));
  }

  requestReconcile(target: TargetRef, order: ReconcileOrder): Promise<void> {
    this.tries++;
    if (this.failure) return Promise.reject(this.failure);
    this.orders.push({ target: targetKey(target), order });
    return Promise.resolve();
  }

  emitEvent(target: TargetRef, event: TargetEvent): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    this.events.push({ target: targetKey(target), event });
    return Promise.resolve();
  }

  observe(target: TargetRef, attempt: Attempt): Observation {
    const nothing: Observation = {
      outcome: null,
      reason: null,
      message: null,
      artifactReached: false,
      artifactRevision: null,
      lagging: false,
      consumers: [],
      patience: 60_000,
      fresh: this.known.get(target.cluster) ?? false,
    };
    return { ...nothing, ...this.#reports.get(targetKey(target))?.(attempt) };
  }

  #changed(target: TargetRef): void {
    for (const listener of this.#listeners) listener(target);
  }
}
