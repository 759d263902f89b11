import type { Match, Settlement } from '#core/ports/journal.ts';
import { isPoliciesTarget } from '#core/policies-target.ts';
import type { MatchResult } from '#core/ports/telemetry.ts';
import { targetKey } from '#core/target.ts';
import type { DeliveryHandling } from '#handlers/delivery-handling.ts';
import type { RecentChanges } from '#handlers/recent-changes.ts';

/** Writes what came of deliveries, sets their targets going, and tells those who listen. */
export async function settle(deps: DeliveryHandling, recent: RecentChanges, settlements: readonly Settlement[]): Promise<void> {
  const { queue, announcer } = deps;
  const targets = new Set(settlements.flatMap(({ match }) => match?.reconciles.map(({ target }) => targetKey(target)) ?? []));
  // Together: the journal works in the order of the calls, so a free target's lease is taken in the commit that settles, not in one more.
  await Promise.all([write(deps, recent, settlements), queue.enqueue([...targets])]);
  for (const { delivery, match } of settlements) {
    announcer.announce('delivery', delivery);
    if (!match) continue;
    const result = resultOf(match);
    if (result) deps.metrics.matched(match.change.source, result, match.decisions.length);
    tellDecided(deps, match);
    await takePolicies(deps, match);
  }
}

/** Only now that it is in the journal that they were allowed. */
async function takePolicies({ policyChanges }: DeliveryHandling, { change, decisions }: Match): Promise<void> {
  const decision = decisions.find(({ target }) => isPoliciesTarget(target));
  if (decision) await policyChanges?.settled(change, decision);
}

async function write({ journal }: DeliveryHandling, recent: RecentChanges, settlements: readonly Settlement[]): Promise<void> {
  try {
    await journal.settle(settlements);
    recent.add(settlements.flatMap(({ match }) => match?.change ?? []));
  } catch (error) {
    recent.forget(); // it may be on disk all the same
    throw error;
  }
}

/** Undefined while a cluster that has not answered yet may still have a target. */
function resultOf({ change, decisions, candidates }: Match): MatchResult | undefined {
  if (decisions.length > 0) return 'matched';
  if (candidates.length > 0) return 'candidates';
  return change.owed.length > 0 ? undefined : 'unmatched';
}

/** Tells those who listen what was decided, once it is in the journal. */
export function tellDecided({ announcer, metrics, onDecided }: DeliveryHandling, match: Match): void {
  announcer.announce('change', match.change.id);
  for (const decision of match.decisions) metrics.decided(decision.verdict, decision.reasons[0]?.code ?? '');
  onDecided(match);
}
