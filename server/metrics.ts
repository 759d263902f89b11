import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Inventory } from '#core/ports/clusters.ts';
import type { Upkeep } from '#core/ports/journal.ts';
import type { Queue } from '#core/ports/queue.ts';
import type { Metrics } from '#core/ports/telemetry.ts';
import { metricDefinitions, type MetricName } from '#server/metric-definitions.ts';

export interface PrometheusMetrics extends Metrics {
  /** The registry in text format. */
  text(): Promise<string>;
  readonly contentType: string;
  /** Begins to report what is read at each scrape. Called once, when these exist; what counts events works before. */
  observe(gauges: ObservedGauges): void;
}

/** What gauges are read from, at each scrape. */
export interface ObservedGauges {
  readonly journal: Pick<Upkeep, 'counts'>;
  readonly queue: Pick<Queue, 'stats'>;
  readonly inventory: Pick<Inventory, 'health'>;
}

/** Metrics in a registry of its own, with Node's process metrics. */
export function createMetrics(build: { readonly version: string; readonly node: string }): PrometheusMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  gauge(registry, 'headgate_build_info').set({ version: build.version, node: build.node }, 1);
  return {
    ...eventMetrics(registry),
    contentType: registry.contentType,
    text: () => registry.metrics(),
    observe: (gauges) => observeGauges(registry, gauges),
  };
}

function eventMetrics(registry: Registry): Metrics {
  const requests = counter(registry, 'headgate_webhook_requests_total');
  const requestTime = histogram(registry, 'headgate_webhook_request_duration_seconds');
  const decisions = counter(registry, 'headgate_policy_decisions_total');
  const annotated = histogram(registry, 'headgate_event_to_annotation_seconds');
  const applied = histogram(registry, 'headgate_event_to_applied_seconds');
  const reconciles = counter(registry, 'headgate_reconciles_total');
  const dead = counter(registry, 'headgate_deliveries_dead_total');
  const restarts = counter(registry, 'headgate_watch_restarts_total');
  const kube = counter(registry, 'headgate_kube_requests_total');
  const reloads = gauge(registry, 'headgate_config_reload_success');
  return {
    webhook(source, code, seconds) {
      requests.inc({ source, code });
      requestTime.observe({ source }, seconds);
    },
    decided: (verdict) => decisions.inc({ verdict }),
    triggered: (cluster, seconds) => annotated.observe({ cluster }, seconds),
    ended(cluster, outcome, reason, seconds) {
      reconciles.inc({ cluster, outcome, reason: reason ?? '' });
      if (outcome === 'applied') applied.observe({ cluster }, seconds);
    },
    deliveryDead: (source) => dead.inc({ source }),
    watchRestarted: (cluster, kind, cause) => restarts.inc({ cluster, kind, cause }),
    kubeRequest: (cluster, verb, code) => kube.inc({ cluster, verb, code }),
    configReload: (what, ok) => reloads.set({ what }, ok ? 1 : 0),
  };
}

function observeGauges(registry: Registry, { journal, queue, inventory }: ObservedGauges): void {
  gauge(registry, 'headgate_deliveries', async (states) => {
    const { deliveries } = await journal.counts();
    for (const [state, count] of Object.entries(deliveries)) states.set({ state }, count);
  });
  gauge(registry, 'headgate_queue_waiting', (waiting) => waiting.set(queue.stats().waiting));
  gauge(registry, 'headgate_queue_active', (active) => active.set(queue.stats().active));
  gauge(registry, 'headgate_queue_retrying', (retrying) => retrying.set(queue.stats().retrying));
  gauge(registry, 'headgate_queue_oldest_seconds', (oldest) => oldest.set(queue.stats().oldestMs / 1_000));
  gauge(registry, 'headgate_inventory_objects', (objects) => {
    objects.reset();
    for (const { cluster, kinds } of inventory.health())
      for (const { kind, objects: count } of kinds) objects.set({ cluster, kind }, count);
  });
  gauge(registry, 'headgate_cluster_synced', (synced) => {
    for (const { cluster, state } of inventory.health()) synced.set({ cluster }, state === 'synced' ? 1 : 0);
  });
}

function counter(registry: Registry, name: MetricName): Counter {
  const { help, labels } = metricDefinitions[name];
  return new Counter({ name, help, labelNames: [...labels], registers: [registry] });
}

function histogram(registry: Registry, name: MetricName): Histogram {
  const definition = metricDefinitions[name];
  const buckets = 'buckets' in definition ? [...definition.buckets] : [];
  return new Histogram({ name, help: definition.help, labelNames: [...definition.labels], buckets, registers: [registry] });
}

function gauge(registry: Registry, name: MetricName, read?: (gauge: Gauge) => void | Promise<void>): Gauge {
  const { help, labels } = metricDefinitions[name];
  const created: Gauge = new Gauge({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    ...(read && { collect: () => read(created) }),
  });
  return created;
}
