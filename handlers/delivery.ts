import type { Announcer } from '#core/announcements.ts';
import type { Change } from '#core/change.ts';
import { backOff, pause } from '#core/clock.ts';
import type { Delivery, Hint } from '#core/delivery.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { limits } from '#core/limits.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { Archive, Intake, Match, Settlement } from '#core/ports/journal.ts';
import type { Queue } from '#core/ports/queue.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Log, Metrics } from '#core/ports/telemetry.ts';
import { targetKey } from '#core/target.ts';
import { matchAndDecide, type Deciding } from '#handlers/deciding.ts';
import { lateFor } from '#handlers/order.ts';
import { RecentChanges } from '#handlers/recent-changes.ts';

export interface DeliveryHandling extends Deciding {
  readonly journal: Intake & Pick<Archive, 'changes'>;
  readonly queue: Pick<Queue, 'enqueue'>;
  readonly inventory: Deciding['inventory'] & Pick<Inventory, 'health'>;
  readonly adapters: ReadonlyMap<string, SourceAdapter>;
  readonly announcer: Announcer;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Told of every denial, so that it can be shown on the target. Must not throw. */
  readonly onDecided: (match: Match) => void;
}

/**
 * Takes pending deliveries through confirm, match and decide, oldest first, in rounds.
 * Deliveries of one ref are handled together. The journal is the queue: what is not settled is found again.
 */
export class DeliveryHandler {
  readonly #deps: DeliveryHandling;
  readonly #recent: RecentChanges;
  readonly #stopping = new AbortController();
  #awake = false;
  #wakeUp: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(deps: DeliveryHandling) {
    this.#deps = deps;
    this.#recent = new RecentChanges(deps.journal);
  }

  /** There is something pending. */
  wake(): void {
    this.#awake = true;
    this.#wakeUp?.();
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the round under way has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wakeUp?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      try {
        const handled = await this.round();
        failures = 0;
        if (handled < limits.journal.pendingBatch) await this.#sleep();
      } catch (error) {
        this.#deps.log.error('deliveries cannot be handled, will retry', { error: messageOf(error) });
        await pause(this.#deps.clock, backOff(this.#deps.clock, failures++, 200, 5_000), this.#stopping.signal);
      }
    }
  }

  /** Until woken, stopped, or the safety net's interval has passed. */
  #sleep(): Promise<void> {
    if (this.#awake || this.#stopping.signal.aborted) {
      this.#awake = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const cancel = this.#deps.clock.after(limits.journal.pendingPoll, () => this.#wakeUp?.());
      this.#wakeUp = () => {
        cancel();
        this.#wakeUp = undefined;
        this.#awake = false;
        resolve();
      };
    });
  }

  /** Handles the oldest pending deliveries. @returns how many there were */
  async round(): Promise<number> {
    const due = await this.#deps.journal.pending(limits.journal.pendingBatch);
    const settlements: Settlement[] = [];
    for (const group of groupByRef(due).values()) settlements.push(...(await this.#attempt(group)));
    if (settlements.length > 0) await this.#settle(settlements);
    return due.length;
  }

  /** A group that fails is handled one by one, so that one bad delivery holds up no other. */
  async #attempt(group: readonly Delivery[]): Promise<readonly Settlement[]> {
    try {
      return await this.#handle(group);
    } catch (error) {
      if (error instanceof HeadgateError && error.code === 'JOURNAL_UNAVAILABLE') throw error;
      if (group.length > 1) {
        const apart: Settlement[] = [];
        for (const delivery of group) apart.push(...(await this.#attempt([delivery])));
        return apart;
      }
      for (const delivery of group) await this.#defer(delivery, error);
      return [];
    }
  }

  async #defer(delivery: Delivery, error: unknown): Promise<void> {
    const { clock, journal, log, metrics, announcer } = this.#deps;
    const last = delivery.attempts + 1 >= limits.journal.deliveryAttempts;
    const retryIn = last ? null : backOff(clock, delivery.attempts, limits.journal.deliveryBackOffBase, limits.journal.deliveryBackOffCap);
    await journal.defer(delivery.id, messageOf(error), retryIn);
    if (!last)
      return log.warn('a delivery could not be handled, will retry', {
        delivery: delivery.id,
        source: delivery.source,
        error: messageOf(error),
      });
    metrics.deliveryDead(delivery.source);
    announcer.announce('delivery', delivery.id);
    log.error('a delivery is dead', { delivery: delivery.id, source: delivery.source, error: messageOf(error) });
  }

  async #handle(group: readonly Delivery[]): Promise<readonly Settlement[]> {
    const [first] = group;
    if (!first) return [];
    const adapter = this.#deps.adapters.get(first.source);
    if (!adapter) return group.map((delivery) => dead(delivery, `source ${delivery.source} is no longer configured`));
    if (!first.hint) return group.map((delivery) => dead(delivery, 'the journal holds no hint for it'));
    const { repository, ref } = first.hint;
    const hints = group.flatMap((delivery) => delivery.hint ?? []);
    const { confirmed } = await adapter.confirm(repository, ref, hints);
    const known: Change[] = [...(await this.#recent.of({ source: first.source, repository, ref }))];
    const settlements: Settlement[] = [];
    for (const delivery of group) {
      if (!delivery.hint) continue;
      const match = this.#match(delivery, delivery.hint, confirmed, known, adapter);
      known.unshift(match.change);
      settlements.push({ delivery: delivery.id, state: 'done', reason: summary(match), match });
    }
    return settlements;
  }

  #match(delivery: Delivery, hint: Hint, confirmed: boolean, known: readonly Change[], adapter: SourceAdapter): Match {
    const { known: clusters, unknown } = clustersByKnowledge(this.#deps.inventory);
    const owed = hint.action === 'requested' ? [] : unknown;
    const change: Change = {
      id: newId('chg', this.#deps.clock),
      delivery: delivery.id,
      source: delivery.source,
      repository: hint.repository,
      ref: hint.ref,
      action: hint.action,
      before: hint.before,
      after: hint.after,
      revision: hint.action === 'deleted' ? null : (hint.commit ?? hint.after),
      confirmed,
      occurredAt: hint.occurredAt,
      receivedAt: delivery.receivedAt,
      at: this.#deps.clock.now(),
      actors: hint.actors,
      lateFor: lateFor(hint, known),
      owed,
    };
    return matchAndDecide(this.#deps, change, adapter, hint.only, clusters);
  }

  async #write(settlements: readonly Settlement[]): Promise<void> {
    try {
      await this.#deps.journal.settle(settlements);
      this.#recent.add(settlements.flatMap(({ match }) => match?.change ?? []));
    } catch (error) {
      this.#recent.forget(); // it may be on disk all the same
      throw error;
    }
  }

  async #settle(settlements: readonly Settlement[]): Promise<void> {
    const { queue, announcer } = this.#deps;
    const targets = new Set(settlements.flatMap(({ match }) => match?.reconciles.map(({ target }) => targetKey(target)) ?? []));
    // Together: the journal works in the order of the calls, so a free target's lease is taken in the commit that settles, not in one more.
    await Promise.all([this.#write(settlements), queue.enqueue([...targets])]);
    for (const { delivery, match } of settlements) {
      announcer.announce('delivery', delivery);
      if (match) tellDecided(this.#deps, match);
    }
  }
}

/** Tells those who listen what was decided, once it is in the journal. */
export function tellDecided({ announcer, metrics, onDecided }: DeliveryHandling, match: Match): void {
  announcer.announce('change', match.change.id);
  for (const decision of match.decisions) metrics.decided(decision.verdict);
  onDecided(match);
}

function groupByRef(deliveries: readonly Delivery[]): Map<string, Delivery[]> {
  const groups = new Map<string, Delivery[]>();
  for (const delivery of deliveries) {
    const key = JSON.stringify([delivery.source, delivery.hint?.repository, delivery.hint?.ref]);
    const group = groups.get(key);
    if (group) group.push(delivery);
    else groups.set(key, [delivery]);
  }
  return groups;
}

function dead(delivery: Delivery, reason: string): Settlement {
  return { delivery: delivery.id, state: 'dead', reason };
}

function summary({ candidates, decisions, reconciles, change }: Match): string | null {
  if (decisions.length === 0 && change.owed.length > 0)
    return `no match so far; clusters that have not answered yet: ${change.owed.join(', ')}`;
  if (decisions.length === 0 && candidates.length === 0) return 'no cluster has a source object with this repository';
  if (decisions.length === 0) return `${candidates.length} source objects of this repository, none follows this change`;
  if (reconciles.length === 0) return 'denied for every target';
  return null;
}

/**
 * A cluster is known once its objects have been listed since the start. Before that nothing is decided about it:
 * what follows a source, and so which namespaces move, would be a guess.
 */
function clustersByKnowledge(inventory: Pick<Inventory, 'health'>): {
  readonly known: readonly string[];
  readonly unknown: readonly string[];
} {
  const health = inventory.health();
  const names = (known: boolean): string[] => health.filter((cluster) => cluster.known === known).map(({ cluster }) => cluster);
  return { known: names(true), unknown: names(false) };
}
