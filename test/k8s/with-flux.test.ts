import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import type { Attempt } from '#core/ports/clusters.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import { targetKey } from '#core/target.ts';
import { type Clusters, connectClusters } from '#k8s/clusters.ts';
import { type FakeCluster, startFakeCluster } from '#sandbox/fake-cluster.ts';
import { MemoryRepository } from '#sandbox/git/memory-repository.ts';
import { until } from './api-server.ts';
import { target, told } from './samples.ts';

const url = 'https://git.example/org/app';
const manifest = (value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: demo, namespace: apps }\ndata: { value: "${value}" }\n`;

describe('clusters with Flux on them', () => {
  let folder: string;
  let cluster: FakeCluster;
  let clusters: Clusters;
  let repository: MemoryRepository;
  let asked = 0;

  beforeEach(async () => {
    repository = new MemoryRepository();
    repository.commit({ 'deploy/demo.yaml': manifest('0') });
    cluster = await startFakeCluster({
      clock: systemClock,
      log: silentLog,
      resolve: (wanted) => (wanted === url ? repository : undefined),
    });
    cluster.apply({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'app', namespace: 'apps' },
      spec: { url, interval: '1h', ref: { branch: 'main' } },
    });
    cluster.apply({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'app', namespace: 'apps' },
      spec: { interval: '1h', path: './deploy', prune: true, sourceRef: { kind: 'GitRepository', name: 'app' } },
    });
    folder = mkdtempSync(join(tmpdir(), 'headgate-flux-'));
    writeFileSync(join(folder, 'kubeconfig'), cluster.kubeconfig());
    clusters = connectClusters({
      clusters: [{ name: 'prod', kubeconfig: { path: join(folder, 'kubeconfig') } }],
      clock: systemClock,
      log: silentLog,
      metrics: silentMetrics,
    });
    clusters.start();
    await until(() => clusters.inventory.health()[0]?.state === 'synced', 'the cluster comes into sight');
    await outcome({ revision: null, token: null, newer: [] }, 'applied');
  });
  afterEach(async () => {
    await clusters.stop();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const trigger = async (revision: string): Promise<Attempt> => {
    asked += 1;
    const token = new Date().toISOString().replace('Z', `${String(asked).padStart(6, '0')}Z`);
    await clusters.actuator.requestReconcile(target, { token, run: `rec_${asked}` });
    return { revision, token, newer: [] };
  };
  /** Waits for an outcome by the inventory's changes, and answers everything that was told before it. */
  const outcome = (attempt: Attempt, expected: string): Promise<readonly string[]> =>
    new Promise((resolve) => {
      const said: string[] = [];
      const unsubscribe = clusters.inventory.onChange((one) => targetKey(one) === targetKey(target) && look());
      const look = (): void => {
        said.push(told(clusters.observer.observe(target, attempt)));
        if (said.at(-1) !== expected) return;
        unsubscribe();
        resolve(said.slice(0, -1).filter((value) => !value.startsWith('waiting')));
      };
      look();
    });

  it('bring a revision to the cluster and say nothing else before it is applied', async () => {
    const revision = repository.commit({ 'deploy/demo.yaml': manifest('1') });
    assert.deepEqual(await outcome(await trigger(revision), 'applied'), []);
    assert.deepEqual(cluster.get('ConfigMap', 'apps', 'demo')?.['data'], { value: '1' });
  });

  it('say why a revision cannot be applied, and that its fix is', async () => {
    const broken = repository.commit({ 'deploy/demo.yaml': 'a: b: c' });
    const attempt = await trigger(broken);
    await outcome(attempt, 'failed/BuildFailed');
    assert.notEqual(clusters.observer.observe(target, attempt).message, '');
    const fix = repository.commit({ 'deploy/demo.yaml': manifest('2') });
    await outcome(await trigger(fix), 'applied');
    assert.equal(told(clusters.observer.observe(target, { ...attempt, newer: [fix] })), 'superseded/newer-revision');
  });

  it('outlive an API server that is killed and comes back', async () => {
    await cluster.kill();
    await until(() => clusters.inventory.health()[0]?.state === 'unreachable', 'it is noticed');
    await assert.rejects(trigger('a'.repeat(40)), { code: 'CLUSTER_UNREACHABLE' });
    assert.equal(clusters.observer.observe(target, { revision: null, token: null, newer: [] }).fresh, false);
    await cluster.restart();
    await until(() => clusters.inventory.health()[0]?.state === 'synced', 'it is found again');
    const revision = repository.commit({ 'deploy/demo.yaml': manifest('3') });
    await outcome(await trigger(revision), 'applied');
  });

  it('lose nothing when watches are cut and history is forgotten', async () => {
    for (const how of ['event', 'status'] as const) {
      cluster.expireHistory(how);
      cluster.dropWatches();
      const revision = repository.commit({ 'deploy/demo.yaml': manifest(how) });
      await outcome(await trigger(revision), 'applied');
    }
    assert.equal(clusters.inventory.health()[0]?.state, 'synced');
  });

  it('let a kind go that is served no longer', async () => {
    const state = (kind: string): string | undefined => clusters.inventory.health()[0]?.kinds.find((entry) => entry.kind === kind)?.state;
    cluster.removeKind('Kustomization');
    await until(() => state('Kustomization') === 'absent', 'Kustomization leaves');
    const source = clusters.inventory.find(target);
    assert.ok(source);
    assert.deepEqual(clusters.inventory.footprint(source).consumers, []);
  });

  it('write an Event about a target', async () => {
    await clusters.actuator.emitEvent(target, { type: 'Normal', reason: 'HeadgateTriggered', message: 'chg_1 by payments changes[0]' });
    assert.equal(cluster.list('Event', 'apps').filter((event) => event['reason'] === 'HeadgateTriggered').length, 1);
  });
});
