import { collectDefaultMetrics } from 'prom-client';
import { limits } from '#core/limits.ts';
import type { Metrics } from '#core/ports/telemetry.ts';
import { BoundedLabel } from '#server/bounded-label.ts';
import { MetricRegistry } from '#server/metric-registry.ts';
import { observeGauges, type ObservedGauges } from '#server/observed-gauges.ts';
import { PairValues } from '#server/pair-values.ts';

export interface PrometheusMetrics extends Metrics {
  /** The registry in text format. */
  text(): Promise<string>;
  readonly contentType: string;
  /** Begins to report what is read at each scrape. Called once, when these exist; what counts events works before. */
  observe(gauges: ObservedGauges): void;
}

/** Metrics in a registry of its own, with Node's process metrics. */
export function createMetrics(build: { readonly version: string; readonly node: string }): PrometheusMetrics {
  const metrics = new MetricRegistry();
  const { registry } = metrics;
  collectDefaultMetrics({ register: registry });
  metrics.gauge('headgate_build_info').set({ version: build.version, node: build.node }, 1);
  return {
    ...webhookMetrics(metrics),
    ...changeMetrics(metrics),
    ...reconcileMetrics(metrics),
    ...sourceMetrics(metrics),
    ...streamMetrics(metrics),
    ...clusterMetrics(metrics),
    ...processMetrics(metrics),
    contentType: registry.contentType,
    text: () => registry.metrics(),
    observe: (gauges) => observeGauges(metrics, gauges),
  };
}

function webhookMetrics(metrics: MetricRegistry): Pick<Metrics, 'webhook' | 'verified' | 'loggedIn'> {
  const verifications = metrics.pairCounter('headgate_identity_verifications_total');
  const logins = metrics.counter('headgate_logins_total');
  const requests = metrics.pairCounter('headgate_webhook_requests_total');
  const durations = metrics.keyedHistogram('headgate_webhook_request_duration_seconds');
  return {
    verified: (issuer, outcome) => verifications.add(issuer, outcome),
    loggedIn: (outcome) => logins.inc({ outcome }),
    webhook(source, code, seconds) {
      requests.add(source, code);
      durations(source, seconds);
    },
  };
}

function changeMetrics(metrics: MetricRegistry): Pick<Metrics, 'entered' | 'matched' | 'decided' | 'deliveryDead'> {
  const entered = metrics.pairCounter('headgate_deliveries_entered_total');
  const changes = metrics.pairCounter('headgate_changes_total');
  const matches = metrics.keyedHistogram('headgate_change_targets');
  const decisions = metrics.pairCounter('headgate_policy_decisions_total');
  const dead = metrics.counter('headgate_deliveries_dead_total');
  return {
    entered: (source, kind) => entered.add(source, kind),
    matched(source, result, targets) {
      changes.add(source, result);
      matches(source, targets);
    },
    decided: (verdict, reason) => decisions.add(verdict, reason),
    deliveryDead: (source) => dead.inc({ source }),
  };
}

/** Namespaces belong to tenants, who may make any number of them. */
function reconcileMetrics(metrics: MetricRegistry): Pick<Metrics, 'triggered' | 'ended' | 'ungated'> {
  const annotated = metrics.histogram('headgate_event_to_annotation_seconds');
  const applied = metrics.histogram('headgate_event_to_applied_seconds');
  const reconciles = metrics.counter('headgate_reconciles_total');
  const ungated = metrics.counter('headgate_ungated_deployments_total');
  const namespaces = new BoundedLabel(limits.metrics.namespaces);
  return {
    triggered: (cluster, seconds) => annotated.observe({ cluster }, seconds),
    ungated: ({ cluster, kind, namespace }) => ungated.inc({ cluster, kind, namespace: namespaces.of(namespace) }),
    ended({ cluster, kind, namespace: given }, outcome, reason, seconds) {
      const namespace = namespaces.of(given);
      reconciles.inc({ cluster, kind, namespace, outcome, reason: reason ?? '' });
      if (outcome === 'applied') applied.observe({ cluster, namespace }, seconds);
    },
  };
}

function sourceMetrics(metrics: MetricRegistry): Pick<Metrics, 'readBack' | 'sourceAnswered' | 'sweeping' | 'swept'> {
  const readBacks = metrics.counter('headgate_read_backs_total');
  const askTime = metrics.histogram('headgate_read_back_duration_seconds');
  const requests = metrics.counter('headgate_source_requests_total');
  const left = metrics.gauge('headgate_source_rate_limit_remaining');
  const interval = metrics.gauge('headgate_sweep_interval_seconds');
  const sweeps = metrics.counter('headgate_sweeps_total');
  const sweptAt = metrics.gauge('headgate_sweep_last_success_timestamp_seconds');
  return {
    readBack(source, question, result, seconds) {
      readBacks.inc({ source, question, result });
      askTime.observe({ source, question }, seconds);
    },
    sourceAnswered(source, code, remaining) {
      requests.inc({ source, code });
      if (remaining !== null) left.set({ source }, remaining);
    },
    sweeping(source, seconds) {
      interval.set({ source }, seconds);
      sweptAt.set({ source }, 0);
    },
    swept(source, result, at) {
      sweeps.inc({ source, result });
      if (result === 'done') sweptAt.set({ source }, at / 1_000);
    },
  };
}

/** What is counted of streams of events, also in a process that listens apart. */
export function streamMetrics(metrics: MetricRegistry): Pick<Metrics, 'streamChanged' | 'streamGap'> {
  const changes = metrics.counter('headgate_stream_changes_total');
  const gaps = metrics.counter('headgate_stream_gaps_total');
  return {
    streamChanged: (source, state) => changes.inc({ source, state }),
    streamGap: (source) => gaps.inc({ source }),
  };
}

function clusterMetrics(metrics: MetricRegistry): Pick<Metrics, 'watchRestarted' | 'watchHeard' | 'kubeRequest'> {
  const restarts = metrics.counter('headgate_watch_restarts_total');
  const kube = metrics.counter('headgate_kube_requests_total');
  const heard = new PairValues();
  metrics.gauge('headgate_watch_last_heard_timestamp_seconds', (gauge) => {
    gauge.reset();
    heard.each((cluster, kind, at) => gauge.set({ cluster, kind }, at / 1_000));
  });
  return {
    watchRestarted: (cluster, kind, cause) => restarts.inc({ cluster, kind, cause }),
    watchHeard(cluster, kind, at) {
      if (at === null) heard.remove(cluster, kind);
      else heard.set(cluster, kind, at);
    },
    kubeRequest: (cluster, verb, code) => kube.inc({ cluster, verb, code }),
  };
}

function processMetrics(metrics: MetricRegistry): Pick<Metrics, 'committed' | 'configReload' | 'streams' | 'told'> {
  const commits = metrics.histogram('headgate_journal_commit_duration_seconds');
  const batches = metrics.histogram('headgate_journal_batch_operations');
  const reloads = metrics.gauge('headgate_config_reload_success');
  const reloadedAt = metrics.gauge('headgate_config_reload_timestamp_seconds');
  const streams = metrics.gauge('headgate_event_streams');
  const told = metrics.pairCounter('headgate_news_told_total');
  return {
    committed(operations, seconds) {
      commits.observe(seconds);
      batches.observe(operations);
    },
    configReload(what, ok, at) {
      reloads.set({ what }, ok ? 1 : 0);
      if (ok) reloadedAt.set({ what }, at / 1_000);
    },
    streams: (open) => streams.set(open),
    told: (sink, outcome) => told.add(sink, outcome),
  };
}
