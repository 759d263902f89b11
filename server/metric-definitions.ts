/** 5 ms to 10 min: from an annotation that follows its delivery at once to a rollout with slow health checks. */
const untilDone = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600] as const;

/** 1 ms to 10 s: the request timeout. */
const requestTime = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** 0.1 ms to 5 s: from a fast disk to one that stalls. */
const commitTime = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5] as const;

/** Up to limits.journal.batchOperations. */
const operations = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024] as const;

/** 5 ms to 5 min: from one request to a forge nearby to the first fetch of a large history. */
const askTime = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const;

const targets = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000] as const;

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
    help: 'Requests to /hooks by source (`unknown` when none of that name is configured) and result: accepted, known, ignored, unrecorded (nothing of it is kept) or the error code.',
    labels: ['source', 'code'],
  },
  headgate_webhook_request_duration_seconds: {
    type: 'histogram',
    help: 'From the request headers to the answer, fsync included.',
    labels: ['source'],
    buckets: requestTime,
  },
  headgate_identity_verifications_total: {
    type: 'counter',
    help: 'Tokens of callers by issuer (`unknown` when it is none of the config) and outcome: verified, or the reason of the refusal.',
    labels: ['issuer', 'outcome'],
  },
  headgate_logins_total: {
    type: 'counter',
    help: 'Browsers that came back from the login of the issuer, by outcome: logged_in, or the code of the error.',
    labels: ['outcome'],
  },
  headgate_deliveries_entered_total: {
    type: 'counter',
    help: 'New deliveries that came otherwise than by a webhook, by kind: stream, sweep, look, recovered, request or replay.',
    labels: ['source', 'kind'],
  },
  headgate_changes_total: {
    type: 'counter',
    help: 'Changes by what the clusters have of them: matched (a target follows the ref), candidates (objects of the repository, none of the ref), unmatched (no object of the repository).',
    labels: ['source', 'result'],
  },
  headgate_change_targets: { type: 'histogram', help: 'Targets that a change matched.', labels: ['source'], buckets: targets },
  headgate_policy_decisions_total: {
    type: 'counter',
    help: 'Decisions by verdict and code of the first reason.',
    labels: ['verdict', 'reason'],
  },
  headgate_event_to_annotation_seconds: {
    type: 'histogram',
    help: 'From the receipt of a delivery to the annotation being stored by the API server.',
    labels: ['cluster'],
    buckets: untilDone,
  },
  headgate_event_to_applied_seconds: {
    type: 'histogram',
    help: 'From the receipt of a delivery to every consumer being at its revision, by namespace of the target (`other` past the first hundred).',
    labels: ['cluster', 'namespace'],
    buckets: untilDone,
  },
  headgate_reconciles_total: {
    type: 'counter',
    help: 'Outcomes of reconciles, by kind and namespace of the target (`other` past the first hundred).',
    labels: ['cluster', 'kind', 'namespace', 'outcome', 'reason'],
  },
  headgate_ungated_deployments_total: {
    type: 'counter',
    help: 'Revisions that a target runs and no decision allowed, though policies are about it, by kind and namespace of the target (`other` past the first hundred).',
    labels: ['cluster', 'kind', 'namespace'],
  },
  headgate_deliveries_dead_total: { type: 'counter', help: 'Deliveries that were given up.', labels: ['source'] },
  headgate_deliveries: { type: 'gauge', help: 'Deliveries in the journal by state.', labels: ['state'] },
  headgate_deliveries_pending: {
    type: 'gauge',
    help: 'Deliveries that wait to be confirmed and decided, by source; counted up to ten thousand.',
    labels: ['source'],
  },
  headgate_deliveries_pending_oldest_seconds: {
    type: 'gauge',
    help: 'Age of the oldest pending delivery of a source.',
    labels: ['source'],
  },
  headgate_read_backs_total: {
    type: 'counter',
    help: 'Questions to sources by what was asked (heads, tags, ancestry, range, tag) and result: answered or the error code.',
    labels: ['source', 'question', 'result'],
  },
  headgate_read_back_duration_seconds: {
    type: 'histogram',
    help: 'From a question to its answer or failure, with everything that was asked for it.',
    labels: ['source', 'question'],
    buckets: askTime,
  },
  headgate_source_requests_total: {
    type: 'counter',
    help: 'Requests to the APIs of sources by status code, `error` when there was no answer.',
    labels: ['source', 'code'],
  },
  headgate_source_rate_limit_remaining: {
    type: 'gauge',
    help: 'Requests that the API of a source still takes until its limit is reset, as it said last.',
    labels: ['source'],
  },
  headgate_sweeps_total: { type: 'counter', help: 'Sweeps by result: done or failed.', labels: ['source', 'result'] },
  headgate_sweep_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When the last sweep of a source succeeded, 0 before the first.',
    labels: ['source'],
  },
  headgate_stream_state: {
    type: 'gauge',
    help: 'Whether the event stream of a source is in this state: 1 or 0.',
    labels: ['source', 'state'],
  },
  headgate_stream_changes_total: {
    type: 'counter',
    help: 'How often the event stream of a source came into a state; streaming counts connections.',
    labels: ['source', 'state'],
  },
  headgate_stream_gaps_total: {
    type: 'counter',
    help: 'How often events of a stream may have been lost, so that the source was looked at; each connection counts.',
    labels: ['source'],
  },
  headgate_stream_last_event_timestamp_seconds: {
    type: 'gauge',
    help: 'When the last event of a stream came, 0 before the first.',
    labels: ['source'],
  },
  headgate_sweep_interval_seconds: { type: 'gauge', help: 'Configured time between two sweeps of a source.', labels: ['source'] },
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
  headgate_watch_last_heard_timestamp_seconds: {
    type: 'gauge',
    help: 'When the watch of a kind last said something; API servers say about every minute that there is nothing new.',
    labels: ['cluster', 'kind'],
  },
  headgate_kube_requests_total: {
    type: 'counter',
    help: 'Requests to API servers by verb and status code.',
    labels: ['cluster', 'verb', 'code'],
  },
  headgate_journal_writable: { type: 'gauge', help: '1 when a delivery can be stored: what /readyz tells.', labels: [] },
  headgate_journal_commit_duration_seconds: {
    type: 'histogram',
    help: 'From handing a batch to the writer until it is on stable storage.',
    labels: [],
    buckets: commitTime,
  },
  headgate_journal_batch_operations: { type: 'histogram', help: 'Operations that share one commit.', labels: [], buckets: operations },
  headgate_journal_bytes: { type: 'gauge', help: 'Size of the journal on disk, its write-ahead log included.', labels: [] },
  headgate_journal_disk_free_bytes: { type: 'gauge', help: 'Free space of the disk that the journal is on.', labels: [] },
  headgate_records: { type: 'gauge', help: 'Records that the evidence chain has come to, deleted ones included.', labels: [] },
  headgate_records_unsigned: { type: 'gauge', help: 'Records that no signed checkpoint stands for yet.', labels: [] },
  headgate_checkpoint_writable: {
    type: 'gauge',
    help: '0 while no checkpoint of the evidence chain can be written, or one cannot be brought to an anchor.',
    labels: [],
  },
  headgate_event_streams: { type: 'gauge', help: 'Open server-sent event streams: live pages and watching clients.', labels: [] },
  headgate_policies_info: { type: 'gauge', help: '1, with the hash of the policies in force; 0 while there are none.', labels: ['hash'] },
  headgate_config_reload_success: { type: 'gauge', help: '1 when the last reload of policies or secrets was good.', labels: ['what'] },
  headgate_config_reload_timestamp_seconds: { type: 'gauge', help: 'When policies or secrets last loaded well.', labels: ['what'] },
  headgate_news_told_total: {
    type: 'counter',
    help: 'News by sink and what came of telling it: told, refused, given_up, or retried, which is told again.',
    labels: ['sink', 'outcome'],
  },
  headgate_news_oldest_seconds: {
    type: 'gauge',
    help: 'Age of the oldest news that a sink waits for; 0 when it has all.',
    labels: ['sink'],
  },
  headgate_build_info: { type: 'gauge', help: 'Always 1; the labels tell the version.', labels: ['version', 'node'] },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof metricDefinitions;

export interface MetricDescription extends MetricDefinition {
  readonly name: string;
}

/** For the generated reference page. Node's own process metrics (`process_…`, `nodejs_…`) are served beside these. */
export function describeMetrics(): readonly MetricDescription[] {
  return Object.entries(metricDefinitions).map(([name, definition]) => ({ name, ...definition }));
}
