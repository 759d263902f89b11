import assert from 'node:assert/strict';
import request from 'supertest';
import { limits } from '#core/limits.ts';
import type { PendingOfSource } from '#core/ports/journal.ts';
import { FakeEventStream } from '#core/ports/fake-event-stream.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { buildMetricsApp } from '#server/app.ts';
import { describeMetrics } from '#server/metric-definitions.ts';
import { createMetrics, type PrometheusMetrics } from '#server/metrics.ts';
import type { ObservedGauges } from '#server/observed-gauges.ts';
import { targetOf } from '../conformance/journal/material.ts';

const clock = new SimulatedClock(60_000);

const gauges: ObservedGauges = {
  clock,
  journal: {
    counts: () => Promise.resolve({ deliveries: { pending: 2, done: 5, ignored: 1, dead: 0 }, queued: 1, observing: 1 }),
    pendingBySource: () => Promise.resolve([{ source: 'hub', pending: 2, oldestAt: 50_000 }]),
    writable: () => Promise.resolve(true),
    chainHead: () => Promise.resolve({ seq: 7, hash: '' }),
    backlog: () =>
      Promise.resolve(
        new Map([
          ['chat', 0],
          ['audit', null],
        ]),
      ),
  },
  checkpoints: { health: () => ({ size: 5, trouble: null }) },
  inForce: () => ({ hash: 'abc', unavailable: null }),
  disk: () => Promise.resolve({ bytes: 4_096, free: 1_000_000 }),
  sources: new Map(
    ['hub', 'quiet'].map((name) => [name, name === 'hub' ? { stream: new FakeEventStream({ state: 'waiting', heardAt: 64_000 }) } : {}]),
  ),
  queue: { stats: () => ({ waiting: 3, active: 2, retrying: 1, oldestMs: 1_500 }) },
  inventory: {
    health: () => [
      { cluster: 'prod', state: 'synced', known: true, message: null, kinds: [{ kind: 'GitRepository', state: 'synced', objects: 7 }] },
      { cluster: 'lab', state: 'unreachable', known: false, message: 'away', kinds: [] },
    ],
  },
};

function exercised(over: Partial<ObservedGauges> = {}): PrometheusMetrics {
  const metrics = createMetrics({ version: '1.2.3', node: 'v24.0.0' });
  metrics.observe({ ...gauges, ...over });
  metrics.webhook('hub', 'accepted', 0.004);
  metrics.webhook('hub', 'SIGNATURE_INVALID', 0.001);
  metrics.webhook('hub', 'accepted', 0.02);
  metrics.entered('hub', 'sweep');
  metrics.matched('hub', 'matched', 3);
  metrics.matched('hub', 'unmatched', 0);
  metrics.decided('deny', 'no-policy');
  metrics.triggered('prod', 0.02);
  metrics.ended(targetOf('web'), 'applied', null, 12);
  metrics.ended(targetOf('web'), 'skipped', 'suspended', 1);
  metrics.readBack('hub', 'heads', 'answered', 0.2);
  metrics.sourceAnswered('hub', '200', 4_999);
  metrics.sourceAnswered('hub', 'error', null);
  metrics.sweeping('hub', 300);
  metrics.sweeping('other', 60);
  metrics.swept('hub', 'done', 61_000);
  metrics.swept('hub', 'failed', 62_000);
  metrics.swept('other', 'failed', 62_000);
  metrics.streamChanged('hub', 'waiting');
  metrics.streamGap('hub');
  metrics.watchHeard('prod', 'Kustomization', 63_000);
  metrics.watchHeard('prod', 'Bucket', 63_000);
  metrics.watchHeard('prod', 'Bucket', null);
  metrics.committed(7, 0.003);
  metrics.streams(2);
  metrics.told('chat', 'refused');
  metrics.deliveryDead('hub');
  metrics.watchRestarted('prod', 'Kustomization', 'silence');
  metrics.kubeRequest('prod', 'patch', '200');
  metrics.configReload('policies', true, 5_000);
  metrics.configReload('policies', false, 6_000);
  return metrics;
}

describe('/metrics', () => {
  it('tells everything that was counted, timed and read', async () => {
    const answer = await request(buildMetricsApp({ metrics: exercised(), log: silentLog })).get('/metrics');

    assert.equal(answer.status, 200);
    assert.match(String(answer.headers['content-type']), /^text\/plain; version=0\.0\.4/);
    const lines = new Set(answer.text.split('\n'));
    for (const line of [
      'headgate_webhook_requests_total{source="hub",code="accepted"} 2',
      'headgate_webhook_requests_total{source="hub",code="SIGNATURE_INVALID"} 1',
      'headgate_webhook_request_duration_seconds_bucket{le="0.005",source="hub"} 2',
      'headgate_deliveries_entered_total{source="hub",kind="sweep"} 1',
      'headgate_changes_total{source="hub",result="matched"} 1',
      'headgate_changes_total{source="hub",result="unmatched"} 1',
      'headgate_change_targets_bucket{le="0",source="hub"} 1',
      'headgate_change_targets_bucket{le="5",source="hub"} 2',
      'headgate_policy_decisions_total{verdict="deny",reason="no-policy"} 1',
      'headgate_read_backs_total{source="hub",question="heads",result="answered"} 1',
      'headgate_read_back_duration_seconds_bucket{le="0.25",source="hub",question="heads"} 1',
      'headgate_source_requests_total{source="hub",code="200"} 1',
      'headgate_source_requests_total{source="hub",code="error"} 1',
      'headgate_source_rate_limit_remaining{source="hub"} 4999',
      'headgate_sweeps_total{source="hub",result="failed"} 1',
      'headgate_sweep_last_success_timestamp_seconds{source="hub"} 61',
      'headgate_sweep_last_success_timestamp_seconds{source="other"} 0',
      'headgate_sweep_interval_seconds{source="hub"} 300',
      'headgate_stream_state{source="hub",state="waiting"} 1',
      'headgate_stream_state{source="hub",state="streaming"} 0',
      'headgate_stream_last_event_timestamp_seconds{source="hub"} 64',
      'headgate_stream_changes_total{source="hub",state="waiting"} 1',
      'headgate_stream_gaps_total{source="hub"} 1',
      'headgate_watch_last_heard_timestamp_seconds{cluster="prod",kind="Kustomization"} 63',
      'headgate_journal_writable 1',
      'headgate_journal_commit_duration_seconds_bucket{le="0.005"} 1',
      'headgate_journal_batch_operations_bucket{le="8"} 1',
      'headgate_journal_bytes 4096',
      'headgate_journal_disk_free_bytes 1000000',
      'headgate_event_streams 2',
      'headgate_deliveries_pending{source="hub"} 2',
      'headgate_deliveries_pending{source="quiet"} 0',
      'headgate_deliveries_pending_oldest_seconds{source="hub"} 10',
      'headgate_deliveries_pending_oldest_seconds{source="quiet"} 0',
      'headgate_config_reload_timestamp_seconds{what="policies"} 5',
      'headgate_event_to_annotation_seconds_bucket{le="0.025",cluster="prod"} 1',
      'headgate_event_to_applied_seconds_bucket{le="10",cluster="prod",namespace="apps"} 0',
      'headgate_event_to_applied_seconds_bucket{le="30",cluster="prod",namespace="apps"} 1',
      'headgate_event_to_applied_seconds_bucket{le="600",cluster="prod",namespace="apps"} 1',
      'headgate_reconciles_total{cluster="prod",kind="GitRepository",namespace="apps",outcome="applied",reason=""} 1',
      'headgate_reconciles_total{cluster="prod",kind="GitRepository",namespace="apps",outcome="skipped",reason="suspended"} 1',
      'headgate_deliveries_dead_total{source="hub"} 1',
      'headgate_deliveries{state="pending"} 2',
      'headgate_news_told_total{sink="chat",outcome="refused"} 1',
      'headgate_news_oldest_seconds{sink="chat"} 60',
      'headgate_news_oldest_seconds{sink="audit"} 0',
      'headgate_queue_waiting 3',
      'headgate_queue_active 2',
      'headgate_queue_retrying 1',
      'headgate_queue_oldest_seconds 1.5',
      'headgate_inventory_objects{cluster="prod",kind="GitRepository"} 7',
      'headgate_cluster_synced{cluster="prod"} 1',
      'headgate_cluster_synced{cluster="lab"} 0',
      'headgate_watch_restarts_total{cluster="prod",kind="Kustomization",cause="silence"} 1',
      'headgate_kube_requests_total{cluster="prod",verb="patch",code="200"} 1',
      'headgate_config_reload_success{what="policies"} 0',
      'headgate_build_info{version="1.2.3",node="v24.0.0"} 1',
    ])
      assert.ok(lines.has(line), line);
    assert.doesNotMatch(answer.text, /last_heard_timestamp_seconds\{.*kind="Bucket"/, 'a kind that is not served is not silent');
    assert.match(answer.text, /^process_resident_memory_bytes \d/m);
  });

  it('serves exactly the metrics that are described, with their help', async () => {
    const text = await exercised().text();
    const served = [...text.matchAll(/^# HELP (headgate_\S+) (.*)$/gm)].map(([, name, help]): [string | undefined, string | undefined] => [
      name,
      help,
    ]);
    const described = describeMetrics().map(({ name, help }): [string, string] => [name, help]);
    assert.deepEqual(new Map(served), new Map(described));
    assert.equal(served.length, described.length);
    for (const { name, type, labels } of describeMetrics()) {
      assert.match(text, new RegExp(`^# TYPE ${name} ${type}$`, 'm'));
      assert.ok(labels.every((label) => !/revision|ref|path|delivery|account|repository/.test(label)));
    }
  });

  it('counts namespaces past the bound together', async () => {
    const metrics = createMetrics({ version: 'x', node: 'y' });
    for (let n = 0; n < limits.metrics.namespaces + 5; n++)
      metrics.ended({ ...targetOf('web'), namespace: `team-${n}` }, 'applied', null, 1);
    metrics.ended({ ...targetOf('web'), namespace: 'team-0' }, 'applied', null, 1);
    const text = await metrics.text();
    const namespaces = new Set([...text.matchAll(/^headgate_reconciles_total\{.*namespace="([^"]+)"/gm)].map((match) => match[1]));
    assert.equal(namespaces.size, limits.metrics.namespaces + 1);
    assert.match(text, /^headgate_reconciles_total\{.*namespace="other".*\} 5$/m);
    assert.match(text, /^headgate_reconciles_total\{.*namespace="team-0".*\} 2$/m);
  });

  it('reads what is costly once for scrapes that follow at once', async () => {
    let reads = 0;
    const pendingBySource = (): Promise<readonly PendingOfSource[]> => {
      reads++;
      return Promise.resolve([]);
    };
    const metrics = exercised({ journal: { ...gauges.journal, pendingBySource } });
    for (let n = 0; n < 5; n++) await metrics.text();
    assert.equal(reads, 1);
    await clock.advance(limits.metrics.readInterval);
    await metrics.text();
    assert.equal(reads, 2);
  });

  it('reads again after a reading that failed', async () => {
    let fail = true;
    const disk = (): ReturnType<NonNullable<ObservedGauges['disk']>> =>
      fail ? Promise.reject(new Error('gone')) : Promise.resolve({ bytes: 1, free: 2 });
    const metrics = exercised({ disk });
    await assert.rejects(metrics.text(), /gone/);
    fail = false;
    assert.match(await metrics.text(), /^headgate_journal_bytes 1$/m);
  });

  it('keeps registries apart', async () => {
    exercised();
    assert.doesNotMatch(await createMetrics({ version: 'x', node: 'y' }).text(), /SIGNATURE_INVALID/);
  });

  it('answers nothing else', async () => {
    const app = buildMetricsApp({ metrics: exercised(), log: silentLog });
    assert.equal((await request(app).get('/')).status, 404);
    assert.equal((await request(app).post('/metrics')).status, 404);
  });
});
