import type { Change } from '#core/change.ts';
import { messageOf } from '#core/errors.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { targetKey } from '#core/target.ts';
import { matchAndDecide, matchIn, type Scope } from '#handlers/deciding.ts';
import { noAccesses } from '#handlers/accesses.ts';
import { inspectContents } from '#handlers/contents.ts';
import type { DeliveryHandling } from '#handlers/delivery-handling.ts';
import { noRanges, type Ranges } from '#handlers/ranges.ts';
import { needed, rangesFor } from '#handlers/ranges-for.ts';
import { tellDecided } from '#handlers/settle.ts';

/**
 * Takes the changes that arrived before a cluster was known to that cluster's targets.
 * Call it when a cluster becomes known. Only the newest change of a ref is owed: a cluster that was away for a day
 * is brought to the newest revision, not through all of them.
 */
export async function repayCluster(deps: DeliveryHandling, cluster: string): Promise<void> {
  const scope: Scope = { only: undefined, clusters: [cluster] };
  for (const change of await deps.journal.owed(cluster)) {
    const adapter = deps.adapters.get(change.source);
    if (!adapter) {
      deps.log.warn('a change is owed to a cluster, but its source is no longer configured', {
        cluster,
        source: change.source,
        revision: change.revision,
      });
      await deps.journal.repay(cluster, { change, candidates: [], decisions: [], reconciles: [] });
      continue;
    }
    const ranges = await rangesOf(deps, adapter, change, scope);
    const contents = await inspectContents(adapter, change, () => matchIn(deps, change, adapter, scope).matched);
    const match = matchAndDecide(deps, change, adapter, scope, ranges, noAccesses, contents);
    await deps.journal.repay(cluster, match);
    tellDecided(deps, match);
    await deps.queue.enqueue(match.reconciles.map(({ target }) => targetKey(target)));
  }
}

/** The source is asked only where a policy needs it. */
async function rangesOf(deps: DeliveryHandling, adapter: SourceAdapter, change: Change, scope: Scope): Promise<Ranges> {
  const { matched } = matchIn(deps, change, adapter, scope);
  return needed(deps, matched, { source: adapter.name, ref: change.ref, votes: adapter.votes === true })
    ? rangesFor(deps, adapter, change, () => matched)
    : noRanges('no policy asks for it');
}

/** Watches the inventory's health and repays each cluster once, when it becomes known; a failure is tried again. */
export class OwedHandler {
  readonly #deps: DeliveryHandling;
  readonly #repaid = new Set<string>();
  #running: Promise<void> = Promise.resolve();

  constructor(deps: DeliveryHandling) {
    this.#deps = deps;
  }

  /** Looks once. Call it on an interval and whenever a cluster's health may have changed. */
  look(): Promise<void> {
    this.#running = this.#running.then(() => this.#look());
    return this.#running;
  }

  async #look(): Promise<void> {
    for (const { cluster, known } of this.#deps.inventory.health()) {
      if (!known || this.#repaid.has(cluster)) continue;
      try {
        await repayCluster(this.#deps, cluster);
        this.#repaid.add(cluster);
      } catch (error) {
        this.#deps.log.error('changes owed to a cluster cannot be handled, will retry', { cluster, error: messageOf(error) });
      }
    }
  }
}
