import { messageOf } from '#core/errors.ts';
import type { ClusterHealth, Inventory } from '#core/ports/clusters.ts';
import type { RepositoryKeys } from '#core/ports/source-adapter.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { targetKey, type Footprint, type SourceObject, type TargetRef } from '#core/target.ts';
import { footprintOf, sourceObjectOf } from './footprint.ts';
import { ObjectStore } from './object-store.ts';
import { noRemotes, type RemoteClusters } from './remote-clusters.ts';

/** Answers what the clusters contain, from memory. */
export class StoreInventory implements Inventory {
  readonly store: ObjectStore;
  readonly #listeners = new Set<(target: TargetRef) => void>();
  readonly #health: () => readonly ClusterHealth[];
  readonly #log: Log;
  readonly #remotes: RemoteClusters;

  /** @param remotes which clusters are written to besides the one that an object lies in */
  constructor(health: () => readonly ClusterHealth[], log: Log, remotes: RemoteClusters = noRemotes) {
    this.#health = health;
    this.#log = log;
    this.#remotes = remotes;
    this.store = new ObjectStore((source) => this.announce(source));
  }

  sourcesAt(repository: RepositoryKeys): readonly SourceObject[] {
    return this.store.at(repository).flatMap((object) => sourceObjectOf(object) ?? []);
  }

  find(target: TargetRef): SourceObject | undefined {
    const object = this.store.get(targetKey(target));
    return object && sourceObjectOf(object);
  }

  sources(): readonly SourceObject[] {
    return this.store.sources().flatMap((object) => sourceObjectOf(object) ?? []);
  }

  footprint(source: SourceObject): Footprint {
    return footprintOf(source, this.store.downstream(targetKey(source.target)), this.#remotes);
  }

  onChange(listener: (target: TargetRef) => void): () => void {
    const subscribed = (target: TargetRef): void => listener(target); // two subscriptions of one function are two
    this.#listeners.add(subscribed);
    return () => void this.#listeners.delete(subscribed);
  }

  health(): readonly ClusterHealth[] {
    return this.#health();
  }

  /** Tells the listeners; one that throws keeps neither the others nor the watch from going on. */
  announce(target: TargetRef): void {
    for (const listener of this.#listeners) {
      try {
        listener(target);
      } catch (error) {
        this.#log.error('a listener of the inventory failed', { target: targetKey(target), error: messageOf(error) });
      }
    }
  }
}
