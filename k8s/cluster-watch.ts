import type { Clock } from '#core/clock.ts';
import type { ClusterHealth } from '#core/ports/clusters.ts';
import type { Log, Metrics } from '#core/ports/telemetry.ts';
import type { Connection } from './connection.ts';
import type { FluxObject } from './flux-object.ts';
import { clusterHealth } from './health.ts';
import { KindWatch, type WatchSink } from './kind-watch.ts';
import { apiVersionOf, followingKinds, type FluxKind, fluxKinds } from './kinds.ts';
import type { ObjectStore } from './object-store.ts';
import { parseFluxObject } from './parse-flux-object.ts';

export interface ClusterWatchOptions {
  readonly connection: Connection;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'watchRestarted' | 'watchHeard'>;
  /** Called when a kind comes into sight or is lost from it. */
  readonly onStatus: (cluster: string) => void;
}

/** Keeps every Flux kind of one cluster in the store. */
export class ClusterWatch {
  readonly #options: ClusterWatchOptions;
  readonly #kinds: readonly { readonly kind: string; readonly watch: KindWatch<FluxObject> }[];

  constructor(options: ClusterWatchOptions) {
    this.#options = options;
    this.#kinds = fluxKinds.map((kind) => ({ kind: kind.kind, watch: this.#watch(kind) }));
  }

  get cluster(): string {
    return this.#options.connection.cluster;
  }

  start(): void {
    for (const { watch } of this.#kinds) watch.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#kinds.map(({ watch }) => watch.stop()));
  }

  health(): ClusterHealth {
    const { store } = this.#options;
    const kinds = this.#kinds.map(({ kind, watch }) => ({ kind, status: watch.status, objects: store.count(this.cluster, kind) }));
    return clusterHealth(this.cluster, kinds);
  }

  /** Takes an object that a request of ours answered with. */
  take(kindName: string, raw: unknown): void {
    const kind = fluxKinds.find(({ kind }) => kind === kindName);
    const object = kind && this.#read(kind, raw);
    if (object) this.#options.store.upsert(object);
  }

  /** Whether a source of that kind and everything that may follow it is in sight. */
  sees(sourceKind: string): boolean {
    return this.#kinds.every(({ kind, watch }) => {
      const matters = kind === sourceKind || followingKinds.includes(kind);
      return !matters || watch.status.state === 'synced' || watch.status.state === 'absent';
    });
  }

  #watch(kind: FluxKind): KindWatch<FluxObject> {
    const { connection, clock, log, metrics, onStatus } = this.#options;
    return new KindWatch({
      kind,
      connection,
      sink: this.#sink(kind),
      clock,
      log,
      metrics,
      onStatus: (status, before) => {
        if (status.state === 'synced' && before.state === 'failing') for (const { watch } of this.#kinds) watch.nudge();
        onStatus(connection.cluster);
      },
    });
  }

  #sink(kind: FluxKind): WatchSink<FluxObject> {
    const { store } = this.#options;
    return {
      read: (raw) => this.#read(kind, raw),
      replace: (objects) => store.replace(this.cluster, kind.kind, objects),
      upsert: (object) => store.upsert(object),
      remove: (object) => store.remove(object.target),
    };
  }

  #read(kind: FluxKind, raw: unknown): FluxObject | undefined {
    const parsed = parseFluxObject(this.cluster, kind.kind, apiVersionOf(kind), raw);
    const fields = { cluster: this.cluster, controllerKind: kind.kind };
    if (!parsed) this.#options.log.warn('an object without a name was left out', fields);
    else if (parsed.oddities.length > 0) {
      const { namespace, name } = parsed.object.target;
      this.#options.log.warn('an object could be read in part only', { ...fields, namespace, name, fields: parsed.oddities });
    }
    return parsed?.object;
  }
}
