import type { ChangeView } from '#web/change-page.ts';
import type { ChangesView } from '#web/changes-page.ts';
import type { DeliveriesView } from '#web/deliveries-page.ts';
import type { DeliveryView } from '#web/delivery-page.ts';
import type { OverviewView } from '#web/overview-page.ts';
import type { Clock } from '#core/clock.ts';
import { anyRef, type Delivery } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Archive, ChangeFilter, DeliveryFilter, PageRequest, Story } from '#core/ports/journal.ts';
import type { StatusDeps } from '#server/routes/status.ts';

export interface ViewDeps extends Omit<StatusDeps, 'journal'> {
  readonly journal: Archive & StatusDeps['journal'];
  readonly clock: Clock;
}

/** What a list was asked for, as its address says. */
export interface ListQuery<F> {
  readonly query: Readonly<Record<string, string>>;
  readonly filter: F;
  readonly cursor: string | null;
}

export async function overviewView(deps: ViewDeps): Promise<OverviewView> {
  const { journal, inventory, queue, sources, version, clock } = deps;
  const [counts, writable, recent, changes, reconciles] = await Promise.all([
    journal.counts(),
    journal.writable(),
    journal.deliveries({}, firstPage(limits.pages.lookedThrough)),
    journal.changes({}, firstPage(limits.pages.recent)),
    journal.reconciles({}, firstPage(limits.pages.latencies)),
  ]);
  const last = (name: string) => recent.items.find(({ source, kind }) => source === name && (kind === 'webhook' || kind === 'stream'));
  return {
    version,
    sources: [...sources.values()].map(({ name, type, stream }) => ({ name, type, last: last(name), stream: stream?.health() ?? null })),
    clusters: inventory.health(),
    queue: queue.stats(),
    journal: { ...counts, writable },
    stories: await storiesOf(journal, changes.items),
    reconciles: reconciles.items,
    now: clock.now(),
  };
}

export async function deliveriesView(deps: ViewDeps, { query, filter, cursor }: ListQuery<DeliveryFilter>): Promise<DeliveriesView> {
  const { items, next } = await deps.journal.deliveries(filter, { limit: limits.pages.deliveries, cursor });
  return { items, next, query, sources: [...deps.sources.keys()], now: deps.clock.now() };
}

export async function changesView(deps: ViewDeps, { query, filter, cursor }: ListQuery<ChangeFilter>): Promise<ChangesView> {
  const { items, next } = await deps.journal.changes(filter, { limit: limits.pages.changes, cursor });
  return { stories: await storiesOf(deps.journal, items), next, query, sources: [...deps.sources.keys()], now: deps.clock.now() };
}

/** @throws HeadgateError NOT_FOUND */
export async function deliveryView({ journal, clock }: ViewDeps, id: string): Promise<DeliveryView> {
  const delivery = await journal.delivery(id);
  if (delivery === undefined) throw new HeadgateError('NOT_FOUND', `there is no delivery ${id}`);
  const [changes, replays, found] = await Promise.all([
    journal.changes({ delivery: id }, firstPage(limits.pages.changes)),
    journal.deliveries({ replayOf: id }, firstPage(limits.pages.replays)),
    delivery.hint?.ref === anyRef ? journal.deliveries({ cause: id }, firstPage(limits.pages.deliveries)) : nothing,
  ]);
  return { delivery, stories: await storiesOf(journal, changes.items), replays: replays.items, found: found.items, now: clock.now() };
}

/** @throws HeadgateError NOT_FOUND */
export async function changeView({ journal, clock }: ViewDeps, id: string): Promise<ChangeView> {
  const [story, brought] = await Promise.all([journal.story(id), journal.brought(id)]);
  if (story === undefined) throw new HeadgateError('NOT_FOUND', `there is no change ${id}`);
  return { story, brought, now: clock.now() };
}

export async function storiesOf(journal: Pick<Archive, 'story'>, items: readonly { readonly id: string }[]): Promise<readonly Story[]> {
  const stories = await Promise.all(items.map(({ id }) => journal.story(id)));
  return stories.filter((story) => story !== undefined);
}

/** Ids whose change may change what is shown of a story. */
export function idsOf({ change, delivery, decisions, reconciles }: Story): readonly string[] {
  return [change, delivery, ...decisions, ...reconciles].map(({ id }) => id);
}

const nothing: { readonly items: readonly Delivery[] } = { items: [] };

function firstPage(limit: number): PageRequest {
  return { limit, cursor: null };
}
