import { createAnchor } from '#adapters/registry.ts';
import { every } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { Checkpoints } from '#core/ports/checkpoints.ts';
import type { Match } from '#core/ports/journal.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { adoptOutcomes } from '#handlers/adoption.ts';
import { DeliveryHandler } from '#handlers/delivery.ts';
import { OutcomeHandler } from '#handlers/outcome.ts';
import { OwedHandler } from '#handlers/owed.ts';
import { tellPolicies } from '#handlers/policy-events.ts';
import { RecordKeeper } from '#handlers/record-keeper.ts';
import { retain } from '#handlers/retention.ts';
import { Sweepers } from '#handlers/sweeper.ts';
import { Tellers } from '#handlers/tellers.ts';
import { bearWitness } from '#handlers/witness.ts';
import { keepRecords } from '#journal/records/keep-records.ts';
import type { Common } from '#server/open-common.ts';
import type { Parts } from '#server/open-parts.ts';
import { beginWithPolicies } from '#server/open-policies.ts';
import { recordsSettings } from '#server/records-settings.ts';
import { watchSources } from '#server/watch-sources.ts';

/** What the process that leads does beside all others. */
export interface Term {
  readonly deliveries: DeliveryHandler;
  readonly outcomes: OutcomeHandler;
  readonly sweepers: Sweepers;
  readonly tellers: Tellers;
  readonly checkpoints: Checkpoints;
}

/**
 * Takes deliveries through the flow, observes what comes of them, tells it, sweeps, prunes and keeps the records, until `term` is disposed.
 * @throws HeadgateError SECRET_UNAVAILABLE, JOURNAL_UNAVAILABLE
 */
export async function openTerm(parts: Parts, common: Common, term: AsyncDisposableStack): Promise<Term> {
  const { clock, log, journal, policies, adapters } = parts;
  const { events } = common;
  const checkpoints = await keepChain(parts, term);
  const deciding = { ...common, ...policies.gate, onDecided: (match: Match) => events.decided(match) };
  const deliveries = new DeliveryHandler(deciding);
  const acting = { ...common, recent: deliveries.recent };
  const outcomes = new OutcomeHandler(acting);
  const owed = new OwedHandler(deciding);
  const tellers = new Tellers(common, parts.sinks);
  const sweepers = new Sweepers({ ...common, onAccepted: () => deliveries.wake() }, sweptIn(parts));

  term.defer(() => tellers.stop());
  tellers.start();
  term.defer(() => outcomes.stop());
  await outcomes.start();
  if (parts.bridge) hearOthers(common, { deliveries, outcomes }, term);
  term.defer(every(clock, limits.journal.pruneInterval, () => retain(journal, parts.config.retention, clock, log)));
  await bearWitness(acting, term);
  term.defer(() => deliveries.stop());
  const hasBegun = beginWithPolicies(policies, term, () => {
    deliveries.start();
    return tellPolicies({ ...common, events });
  });
  term.defer(every(clock, limits.journal.pendingPoll, async () => void (hasBegun() && (await owed.look()))));
  policies.start({ signatures: common.signatures, onAccepted: () => deliveries.wake() });
  watchSources({ ...common, adapters, deliveries, sweepers }, term);
  return { deliveries, outcomes, sweepers, tellers, checkpoints };
}

/** What other processes of the journal accept is handled, and what they ask for is observed. */
function hearOthers(common: Common, { deliveries, outcomes }: Pick<Term, 'deliveries' | 'outcomes'>, term: AsyncDisposableStack): void {
  const unsubscribe = common.announcer.subscribe(({ kind }, isOwn) => {
    if (kind === 'delivery' && !isOwn) deliveries.wake();
  });
  term.defer(unsubscribe);
  adoptOutcomes(common, outcomes, term);
}

function keepChain({ config, clock, log, version, journal, unrecorded, telling }: Parts, term: AsyncDisposableStack): Promise<Checkpoints> {
  const { persons: _persons, ...files } = recordsSettings(config);
  const anchors = config.records.anchors.map((anchor) => createAnchor(anchor, telling));
  const keeper = new RecordKeeper({ clock, log, version, journal, policies: unrecorded });
  return keepRecords({ clock, log, journal, keeper, anchors, ...files }, term);
}

function sweptIn({ config, adapters }: Parts): readonly { readonly adapter: SourceAdapter; readonly interval: number }[] {
  return config.sources.flatMap(({ name, sweep: { interval } }) => {
    const adapter = adapters.get(name);
    return adapter ? [{ adapter, interval }] : [];
  });
}
