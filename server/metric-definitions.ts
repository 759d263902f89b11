/** 5 ms to 10 min: from an annotation that follows its delivery at once to a rollout with slow health checks. */
const untilDone = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600] as const;

/** 1 ms to 10 s: the request timeout. */
const requestTime = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
}

/** Every metric of Headgate's own. Labels stay few: never a revision, path, delivery id or account. */
export const metricDefinitions = {
  headgate_webhook_requests_total: {
    type: 'counter',
    help: 'Requests to /hooks by source (`unknown` when none of that name is configured) and result: accepted, known, ignored or the error code.',
    labels: ['source', 'code'],
  },
  headgate_webhook_request_duration_seconds: {
    type: 'histogram',
    help: 'From the request headers to the answer, fsync included.',
    labels: ['source'],
    buckets: requestTime,
  },
  headgate_policy_decisions_total: { type: 'counter', help: 'Decisions by verdict.', labels: ['verdict'] },
  headgate_event_to_annotation_seconds: {
    type: 'histogram',
    help: 'From the receipt of a delivery to the annotation being stored by the API server.',
    labels: ['cluster'],
    buckets: untilDone,
  },
  headgate_event_to_applied_seconds: {
    type: 'histogram',
    help: 'From the receipt of a delivery to every consumer being at its revision.',
    labels: ['cluster'],
    buckets: untilDone,
  },
  headgate_reconciles_total: { type: 'counter', help: 'Ended reconciles by outcome and reason.', labels: ['cluster', 'outcome', 'reason'] },
  headgate_deliveries_dead_total: { type: 'counter', help: 'Deliveries that were given up.', labels: ['source'] },
  headgate_deliveries: { type: 'gauge', help: 'Deliveries in the journal by state.', labels: ['state'] },
  headgate_queue_waiting: { type: 'gauge', help: 'Targets that wait for their turn.', labels: [] },
  headgate_queue_active: { type: 'gauge', help: 'Targets that are being worked on.', labels: [] },
  headgate_queue_retrying: { type: 'gauge', help: 'Targets whose last attempt failed and that wait for the next.', labels: [] },
  headgate_queue_oldest_seconds: { type: 'gauge', help: 'Age of the longest waiting target.', labels: [] },
  headgate_inventory_objects: { type: 'gauge', help: 'Flux objects that are known, by kind.', labels: ['cluster', 'kind'] },
  headgate_cluster_synced: { type: 'gauge', help: '1 when every served kind of a cluster is listed and watched.', labels: ['cluster'] },
  headgate_watch_restarts_total: {
    type: 'counter',
    help: 'Watches that were begun again, by cause.',
    labels: ['cluster', 'kind', 'cause'],
  },
  headgate_kube_requests_total: {
    type: 'counter',
    help: 'Requests to API servers by verb and status code.',
    labels: ['cluster', 'verb', 'code'],
  },
  headgate_config_reload_success: { type: 'gauge', help: '1 when the last reload of policies or secrets was good.', labels: ['what'] },
  headgate_build_info: { type: 'gauge', help: 'Always 1; the labels tell the version.', labels: ['version', 'node'] },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof metricDefinitions;

export interface MetricDescription extends MetricDefinition {
  readonly name: string;
}

/** For the generated reference page; Node's own process metrics (`process_…`, `nodejs_…`) are served beside these. */
export function describeMetrics(): readonly MetricDescription[] {
  return Object.entries(metricDefinitions).map(([name, definition]) => ({ name, ...definition }));
}
