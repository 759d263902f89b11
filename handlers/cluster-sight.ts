import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { Records } from '#core/ports/records.ts';

export interface ClusterSightDeps {
  readonly clock: Clock;
  readonly journal: Pick<Records, 'note' | 'record' | 'records'>;
  readonly inventory: Pick<Inventory, 'health'>;
  /** A cluster is in sight, for the first time or again. */
  readonly onSight: (cluster: string) => void;
}

/**
 * Puts on record when a cluster was not observed: the server was down, or the cluster out of reach. A gap that began before this start
 * begins with the last thing on record before it, because a server that is killed cannot say when.
 */
export class ClusterSight {
  readonly #deps: ClusterSightDeps;
  /** By cluster: since when it is out of sight, milliseconds since the epoch; absent = it has not been in sight yet. */
  readonly #lost = new Map<string, number>();
  readonly #inSight = new Set<string>();
  /** Since when whatever has not been in sight yet is not. */
  #begins = 0;

  constructor(deps: ClusterSightDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { journal } = this.#deps;
    const [started] = (await journal.records({ kind: 'started' }, { limit: 1, cursor: null })).items;
    const before = started && (await journal.record(String(started.record.seq - 1)));
    this.#begins = (before ?? started)?.record.at ?? this.#deps.clock.now();
  }

  async look(): Promise<void> {
    for (const { cluster, state } of this.#deps.inventory.health()) {
      const sees = state === 'synced';
      if (sees === this.#inSight.has(cluster)) continue;
      if (sees) await this.#gained(cluster);
      else this.#missed(cluster);
    }
  }

  /** What is out of sight now stays so. */
  async stop(): Promise<void> {
    await this.look();
    for (const { cluster } of this.#deps.inventory.health()) if (!this.#inSight.has(cluster)) await this.#note(cluster);
  }

  #missed(cluster: string): void {
    this.#inSight.delete(cluster);
    this.#lost.set(cluster, this.#deps.clock.now());
  }

  async #gained(cluster: string): Promise<void> {
    await this.#note(cluster);
    this.#inSight.add(cluster);
    this.#deps.onSight(cluster);
  }

  /** A moment does not count: a watch goes on where it was. */
  async #note(cluster: string): Promise<void> {
    const from = this.#lost.get(cluster) ?? this.#begins;
    const until = this.#deps.clock.now();
    if (until - from < limits.applied.gap) return;
    await this.#deps.journal.note({ kind: 'unobserved', at: until, content: { cluster, beganAt: from, endedAt: until } });
  }
}
