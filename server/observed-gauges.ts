import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { Checkpoints } from '#core/ports/checkpoints.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import { streamStates } from '#core/ports/event-stream.ts';
import type { DeliveryLog, Outbox, PendingOfSource, Upkeep } from '#core/ports/journal.ts';
import type { Records } from '#core/ports/records.ts';
import type { Queue } from '#core/ports/queue.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { MetricRegistry } from '#server/metric-registry.ts';

/** What gauges are read from, at each scrape. */
export interface ObservedGauges {
  readonly clock: Clock;
  readonly journal: Pick<Upkeep, 'counts' | 'pendingBySource'> &
    Pick<DeliveryLog, 'writable'> &
    Pick<Outbox, 'backlog'> &
    Pick<Records, 'chainHead'>;
  readonly checkpoints: Checkpoints;
  /** The journal's bytes on disk, and how many are free there; absent where it is on another machine. */
  readonly disk?: () => Promise<{ readonly bytes: number; readonly free: number }>;
  readonly queue: Pick<Queue, 'stats'>;
  readonly inventory: Pick<Inventory, 'health'>;
  /** The policies in force. */
  readonly inForce: () => { readonly hash: string; readonly unavailable: string | null };
  /** By `spec.sources[].name`. */
  readonly sources: ReadonlyMap<string, Pick<SourceAdapter, 'stream'>>;
}

/** Begins to report what is read at each scrape. */
export function observeGauges(metrics: MetricRegistry, gauges: ObservedGauges): void {
  observeJournal(metrics, gauges);
  observeRecords(metrics, gauges);
  observePending(metrics, gauges);
  observeStreams(metrics, gauges);
  observeNews(metrics, gauges);
  observeQueue(metrics, gauges);
  observeClusters(metrics, gauges);
  observePolicies(metrics, gauges);
}

function observeJournal(metrics: MetricRegistry, { clock, journal, disk }: ObservedGauges): void {
  const counts = seldom(clock, () => journal.counts());
  metrics.gauge('headgate_deliveries', async (states) => {
    for (const [state, count] of Object.entries((await counts()).deliveries)) states.set({ state }, count);
  });
  metrics.gauge('headgate_journal_writable', async (writable) => writable.set((await journal.writable()) ? 1 : 0));
  if (!disk) return;
  const use = seldom(clock, disk);
  metrics.gauge('headgate_journal_bytes', async (bytes) => bytes.set((await use()).bytes));
  metrics.gauge('headgate_journal_disk_free_bytes', async (free) => free.set((await use()).free));
}

function observeRecords(metrics: MetricRegistry, { clock, journal, checkpoints }: ObservedGauges): void {
  const head = seldom(clock, () => journal.chainHead());
  metrics.gauge('headgate_records', async (records) => records.set((await head()).seq));
  metrics.gauge('headgate_records_unsigned', async (unsigned) => {
    const health = checkpoints.health();
    if (health) unsigned.set(Math.max(0, (await head()).seq - health.size));
  });
  metrics.gauge('headgate_checkpoint_writable', (writable) => {
    const health = checkpoints.health();
    if (health) writable.set(health.trouble === null ? 1 : 0);
  });
}

/** A source without anything pending is there with 0, so that a rule can tell "nothing" from "not known". */
function observePending(metrics: MetricRegistry, { clock, journal, sources }: ObservedGauges): void {
  const read = seldom(clock, () => journal.pendingBySource());
  const bySource = async (value: (of: PendingOfSource | undefined) => number): Promise<readonly [string, number][]> => {
    const found = new Map((await read()).map((of) => [of.source, of]));
    return [...sources.keys()].map((name) => [name, value(found.get(name))]);
  };
  metrics.gauge('headgate_deliveries_pending', async (pending) => {
    for (const [source, count] of await bySource((of) => of?.pending ?? 0)) pending.set({ source }, count);
  });
  metrics.gauge('headgate_deliveries_pending_oldest_seconds', async (oldest) => {
    const age = (of: PendingOfSource | undefined): number => (of ? Math.max(0, clock.now() - of.oldestAt) / 1_000 : 0);
    for (const [source, seconds] of await bySource(age)) oldest.set({ source }, seconds);
  });
}

/** Begins to report how streams of events stand. */
export function observeStreams(metrics: MetricRegistry, { sources }: Pick<ObservedGauges, 'sources'>): void {
  const healths = () => [...sources].flatMap(([source, { stream }]) => (stream ? [{ source, ...stream.health() }] : []));
  metrics.gauge('headgate_stream_state', (gauge) => {
    for (const { source, state } of healths()) for (const one of streamStates) gauge.set({ source, state: one }, one === state ? 1 : 0);
  });
  metrics.gauge('headgate_stream_last_event_timestamp_seconds', (gauge) => {
    for (const { source, heardAt } of healths()) gauge.set({ source }, (heardAt ?? 0) / 1_000);
  });
}

function observeNews(metrics: MetricRegistry, { clock, journal }: ObservedGauges): void {
  const backlog = seldom(clock, () => journal.backlog());
  metrics.gauge('headgate_news_oldest_seconds', async (oldest) => {
    for (const [sink, at] of await backlog()) oldest.set({ sink }, at === null ? 0 : Math.max(0, clock.now() - at) / 1_000);
  });
}

function observeQueue(metrics: MetricRegistry, { queue }: ObservedGauges): void {
  metrics.gauge('headgate_queue_waiting', (waiting) => waiting.set(queue.stats().waiting));
  metrics.gauge('headgate_queue_active', (active) => active.set(queue.stats().active));
  metrics.gauge('headgate_queue_retrying', (retrying) => retrying.set(queue.stats().retrying));
  metrics.gauge('headgate_queue_oldest_seconds', (oldest) => oldest.set(queue.stats().oldestMs / 1_000));
}

function observeClusters(metrics: MetricRegistry, { inventory }: ObservedGauges): void {
  metrics.gauge('headgate_inventory_objects', (objects) => {
    objects.reset();
    for (const { cluster, kinds } of inventory.health())
      for (const { kind, objects: count } of kinds) objects.set({ cluster, kind }, count);
  });
  metrics.gauge('headgate_cluster_synced', (synced) => {
    for (const { cluster, state } of inventory.health()) synced.set({ cluster }, state === 'synced' ? 1 : 0);
  });
}

/** Reads again only when the last reading is old enough: the listener takes requests from anybody, and these cost something. */
function seldom<T>(clock: Clock, read: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly value: Promise<T> } | undefined;
  return () => {
    const at = clock.monotonic();
    if (!last || at - last.at >= limits.metrics.readInterval) {
      const value = read();
      last = { at, value };
      value.catch(() => (last = undefined));
    }
    return last.value;
  };
}

function observePolicies(metrics: MetricRegistry, { inForce }: ObservedGauges): void {
  metrics.gauge('headgate_policies_info', (info) => {
    const { hash, unavailable } = inForce();
    info.reset();
    info.set({ hash }, unavailable === null ? 1 : 0);
  });
}
