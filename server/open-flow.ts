import type { Announcer } from '#core/announcements.ts';
import type { NewDelivery } from '#core/delivery.ts';
import type { Checkpoints } from '#core/ports/checkpoints.ts';
import type { DeliveryLog } from '#core/ports/journal.ts';
import type { Queue } from '#core/ports/queue.ts';
import type { SinkHealth } from '#core/ports/sink.ts';
import { Turns } from '#core/turns.ts';
import { Leader } from '#handlers/leader.ts';
import type { RangeMemory } from '#handlers/range-memory.ts';
import { RecentChanges } from '#handlers/recent-changes.ts';
import { reconcileTarget, type Reconciling } from '#handlers/reconcile.ts';
import type { PolicySet } from '#policy/documents.ts';
import { openCommon } from '#server/open-common.ts';
import type { Parts } from '#server/open-parts.ts';
import { beginWithPolicies } from '#server/open-policies.ts';
import { openTerm, type Term } from '#server/open-term.ts';

/** What listeners reach of the flow from deliveries to outcomes. */
export interface Flow extends Pick<DeliveryLog, 'append'> {
  readonly announcer: Announcer;
  readonly queue: Queue;
  readonly remembered: RangeMemory;
  readonly inForce: () => PolicySet;
  /** There is something pending. */
  wake(): void;
  /** A source may have moved without a word. */
  ask(source: string, cause: string): void;
  /** How far those are who are told of news. */
  readonly sinks: { health(): Promise<readonly SinkHealth[]> };
  readonly checkpoints: Checkpoints;
}

/** What a process does. */
export interface Role {
  /** Whether it strives for the lead and brings targets to their revisions, or answers only. */
  readonly works: boolean;
}

/**
 * Wires deliveries → queue → reconciles → outcomes, and sets them going until `starting` is disposed. Every process brings targets to their
 * revisions; the rest is done by the one that leads (open-term.ts).
 */
export async function openFlow(parts: Parts, { works }: Role, starting: AsyncDisposableStack): Promise<Flow> {
  const { clock, log, journal, clusters, policies } = parts;
  const common = await openCommon(parts);
  let term: Term | undefined;
  const begin = async (stack: AsyncDisposableStack): Promise<void> => {
    stack.defer(() => void (term = undefined));
    term = await openTerm(parts, common, stack);
  };
  const leader = new Leader({ clock, log, journal, begin });
  const unremembered = new RecentChanges(journal);
  // Only the leader knows of every change that comes: who remembers without that would act on what has passed.
  const around: RecentChanges['around'] = (change) => {
    unremembered.forget();
    return (term?.deliveries.recent ?? unremembered).around(change);
  };
  const follow: Reconciling['follow'] = (reconcile) => term?.outcomes.follow(reconcile);
  const acting: Reconciling = { ...common, recent: { around }, follow, artifacts: new Turns() };
  clusters.start();
  if (works) {
    starting.defer(() => leader.stop());
    await leader.start();
    starting.defer(() => common.queue.stop());
    beginWithPolicies(policies, starting, () => {
      common.queue.start((key) => reconcileTarget(acting, key));
      return () => Promise.resolve();
    });
  }
  starting.defer(() => parts.stopAsking());
  const { announcer, queue, remembered, policies: inForce } = common;
  return {
    ...{ announcer, queue, remembered, inForce },
    append: (delivery: NewDelivery) => (term ? term.deliveries.accept(delivery) : journal.append(delivery)),
    wake: () => term?.deliveries.wake(),
    ask: (source, cause) => term?.sweepers.ask(source, cause),
    sinks: { health: async () => term?.tellers.health() ?? [] },
    checkpoints: { health: () => term?.checkpoints.health() ?? null },
  };
}
