import assert from 'node:assert/strict';
import request from 'supertest';
import { silentLog } from '#core/ports/telemetry.ts';
import { buildMetricsApp } from '#server/app.ts';
import { describeMetrics } from '#server/metric-definitions.ts';
import { createMetrics, type ObservedGauges, type PrometheusMetrics } from '#server/metrics.ts';

const gauges: ObservedGauges = {
  journal: { counts: () => Promise.resolve({ deliveries: { pending: 2, done: 5, ignored: 1, dead: 0 }, queued: 1, observing: 1 }) },
  queue: { stats: () => ({ waiting: 3, active: 2, retrying: 1, oldestMs: 1_500 }) },
  inventory: {
    health: () => [
      { cluster: 'prod', state: 'synced', known: true, message: null, kinds: [{ kind: 'GitRepository', state: 'synced', objects: 7 }] },
      { cluster: 'lab', state: 'unreachable', known: false, message: 'away', kinds: [] },
    ],
  },
};

function exercised(): PrometheusMetrics {
  const metrics = createMetrics({ version: '1.2.3', node: 'v24.0.0' });
  metrics.observe(gauges);
  metrics.webhook('hub', 'accepted', 0.004);
  metrics.webhook('hub', 'SIGNATURE_INVALID', 0.001);
  metrics.decided('deny');
  metrics.triggered('prod', 0.02);
  metrics.ended('prod', 'applied', null, 12);
  metrics.ended('prod', 'skipped', 'suspended', 1);
  metrics.deliveryDead('hub');
  metrics.watchRestarted('prod', 'Kustomization', 'silence');
  metrics.kubeRequest('prod', 'patch', '200');
  metrics.configReload('policies', false);
  return metrics;
}

describe('/metrics', () => {
  it('tells everything that was counted, timed and read', async () => {
    const answer = await request(buildMetricsApp({ metrics: exercised(), log: silentLog })).get('/metrics');

    assert.equal(answer.status, 200);
    assert.match(String(answer.headers['content-type']), /^text\/plain; version=0\.0\.4/);
    const lines = new Set(answer.text.split('\n'));
    for (const line of [
      'headgate_webhook_requests_total{source="hub",code="accepted"} 1',
      'headgate_webhook_requests_total{source="hub",code="SIGNATURE_INVALID"} 1',
      'headgate_webhook_request_duration_seconds_bucket{le="0.005",source="hub"} 2',
      'headgate_policy_decisions_total{verdict="deny"} 1',
      'headgate_event_to_annotation_seconds_bucket{le="0.025",cluster="prod"} 1',
      'headgate_event_to_applied_seconds_bucket{le="10",cluster="prod"} 0',
      'headgate_event_to_applied_seconds_bucket{le="30",cluster="prod"} 1',
      'headgate_event_to_applied_seconds_bucket{le="600",cluster="prod"} 1',
      'headgate_reconciles_total{cluster="prod",outcome="applied",reason=""} 1',
      'headgate_reconciles_total{cluster="prod",outcome="skipped",reason="suspended"} 1',
      'headgate_deliveries_dead_total{source="hub"} 1',
      'headgate_deliveries{state="pending"} 2',
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
