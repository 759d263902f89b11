/** Series → values in the notation of `promtool test rules`, one a minute for an hour. */
type Series = Readonly<Record<string, string>>;

export interface AlertCase {
  readonly fires: Series;
  readonly quiet: Series;
}

const on = 'instance="a:8080",job="headgate"';
const requests = (code: string): string => `headgate_webhook_requests_total{${on},source="hub",code="${code}"}`;
const readBacks = (result: string): string => `headgate_read_backs_total{${on},source="hub",question="heads",result="${result}"}`;
const changes = (result: string): string => `headgate_changes_total{${on},source="hub",result="${result}"}`;
const reconciles = (outcome: string): string => `headgate_reconciles_total{${on},cluster="prod",outcome="${outcome}"}`;
const ungated = `headgate_ungated_deployments_total{${on},cluster="prod",kind="GitRepository",namespace="apps"}`;
const synced = `headgate_cluster_synced{${on},cluster="prod"}`;
const heard = `headgate_watch_last_heard_timestamp_seconds{${on},cluster="prod",kind="GitRepository"}`;
const swept = `headgate_sweep_last_success_timestamp_seconds{${on},source="hub"}`;
const interval = `headgate_sweep_interval_seconds{${on},source="hub"}`;

const gauge = (series: string, bad: string, good: string): AlertCase => ({ fires: { [series]: bad }, quiet: { [series]: good } });

/** Every observation falls between `below` and the next bucket. */
function latency(metric: string, buckets: readonly string[], slow: string, quick: string): AlertCase {
  const series = (bound: string): Series =>
    Object.fromEntries(
      buckets.map((le) => [
        `${metric}_bucket{${on},cluster="prod",le="${le}"}`,
        buckets.indexOf(le) >= buckets.indexOf(bound) ? '0+5x60' : '0x60',
      ]),
    );
  return { fires: series(slow), quiet: series(quick) };
}

/** For each alert: what makes it fire within an hour, and what is like it and does not. */
export const alertCases: Readonly<Record<string, AlertCase>> = {
  HeadgateDown: { fires: { 'up{job="other"}': '1x60' }, quiet: { [`headgate_build_info{${on}}`]: '1x60' } },
  HeadgateJournalNotWritable: gauge(`headgate_journal_writable{${on}}`, '0x60', '1x58 0'),
  HeadgateJournalDiskLow: gauge(`headgate_journal_disk_free_bytes{${on}}`, '1000000000x60', '2000000000x60'),
  HeadgateRefusesDeliveries: {
    fires: { [requests('JOURNAL_UNAVAILABLE')]: '0+1x60' },
    quiet: { [requests('accepted')]: '0+1x60', [requests('SIGNATURE_INVALID')]: '0+1x60', [requests('JOURNAL_UNAVAILABLE')]: '7x60' },
  },
  HeadgateRejectionsSpike: {
    fires: { [requests('SIGNATURE_INVALID')]: '0+3x60', [requests('accepted')]: '0+3x60' },
    quiet: { [requests('SIGNATURE_INVALID')]: '0+3x60', [requests('accepted')]: '0+30x60' },
  },
  HeadgateSourceFlooded: {
    fires: { [requests('DELIVERIES_LIMITED')]: '0+1x60' },
    quiet: { [requests('accepted')]: '0+30x60', [requests('ADDRESS_LIMITED')]: '0+1x60', [requests('DELIVERIES_LIMITED')]: '7x60' },
  },
  HeadgateDeliveriesPending: gauge(`headgate_deliveries_pending_oldest_seconds{${on},source="hub"}`, '0+60x60', '200x60'),
  HeadgateQueueStuck: gauge(`headgate_queue_oldest_seconds{${on}}`, '0+60x60', '200x60'),
  HeadgateDeliveriesDead: gauge(`headgate_deliveries{${on},state="dead"}`, '3x40 4x20', '3x60'),
  HeadgateNothingMatches: {
    fires: { [changes('unmatched')]: '0+1x60', [changes('matched')]: '0x60' },
    quiet: { [changes('unmatched')]: '0+1x60', [changes('candidates')]: '0+1x60' },
  },
  HeadgateReconcilesFail: {
    fires: { [reconciles('failed')]: '0+1x60', [reconciles('applied')]: '0x60' },
    quiet: { [reconciles('failed')]: '0+1x60', [reconciles('applied')]: '0+2x60' },
  },
  HeadgateNewsWaiting: gauge(`headgate_news_oldest_seconds{${on},sink="audit"}`, '0+60x60', '300x60'),
  HeadgateAnnotationSlow: latency('headgate_event_to_annotation_seconds', ['1', '5', '10', '30', '+Inf'], '30', '1'),
  HeadgateApplySlow: latency('headgate_event_to_applied_seconds', ['60', '120', '300', '600', '+Inf'], '600', '120'),
  HeadgateClusterNotSynced: gauge(synced, '1x40 0x20', '1x60'),
  HeadgateWatchStale: {
    fires: { [heard]: '0+60x30 1800x30', [synced]: '1x60' },
    quiet: { [heard]: '0+60x60', [synced]: '1x60' },
  },
  HeadgateSourceUnreachable: {
    fires: { [readBacks('SOURCE_UNREACHABLE')]: '0+1x60', [readBacks('answered')]: '9x60' },
    quiet: { [readBacks('SOURCE_UNREACHABLE')]: '0+1x60', [readBacks('answered')]: '0+1x60' },
  },
  HeadgateRateLimitLow: gauge(`headgate_source_rate_limit_remaining{${on},source="hub"}`, '50x60', '4000x60'),
  HeadgateSweepLate: {
    fires: { [swept]: '0x60', [interval]: '300x60' },
    quiet: { [swept]: '0+60x60', [interval]: '300x60' },
  },
  HeadgateStreamDown: gauge(`headgate_stream_state{${on},source="review",state="streaming"}`, '0x60', '1x30 0x10 1x20'),
  HeadgateUngatedDeployment: { fires: { [ungated]: '_x50 1x10' }, quiet: { [ungated]: '1x60' } },
  HeadgateCheckpointsFail: gauge(`headgate_checkpoint_writable{${on}}`, '1x20 0x40', '1x50 0x10'),
  HeadgateReloadFailed: gauge(`headgate_config_reload_success{${on},what="policies"}`, '1x40 0x20', '1x60'),
};
