import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import type { Finding } from '#core/finding.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import { connectClusters } from '#k8s/clusters.ts';
import { startFakeCluster, type FakeCluster } from '#sandbox/fake-cluster.ts';

const rbac = 'rbac.authorization.k8s.io';
const everything = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
const deployments = {
  apiGroups: ['apps'],
  resources: ['deployments'],
  verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
};

describe('a check of impersonated service accounts', function () {
  this.timeout(30_000);
  let cluster: FakeCluster;
  let directory: string;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'headgate-impersonated-'));
    cluster = await startFakeCluster({ clock: systemClock, log: silentLog, resolve: () => undefined });
    writeFileSync(join(directory, 'kubeconfig'), cluster.kubeconfig());
  });
  afterEach(async () => {
    await cluster.stop();
    await rm(directory, { recursive: true });
  });

  const kustomization = (name: string, spec: object, namespace = 'pay'): void =>
    void cluster.apply({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name, namespace },
      spec: { interval: '10m', prune: true, path: './', sourceRef: { kind: 'GitRepository', name: 'none' }, ...spec },
    });
  /** @param namespace undefined = in the whole cluster */
  const grant = (name: string, namespace: string | undefined, rules: readonly object[], account = 'pay'): void => {
    const of = namespace === undefined ? 'ClusterRole' : 'Role';
    const metadata = namespace === undefined ? { name } : { name, namespace };
    const subjects = [{ kind: 'ServiceAccount', name: account, namespace: 'pay' }];
    cluster.apply({ apiVersion: `${rbac}/v1`, kind: of, metadata, rules });
    cluster.apply({ apiVersion: `${rbac}/v1`, kind: `${of}Binding`, metadata, roleRef: { apiGroup: rbac, kind: of, name }, subjects });
  };
  const check = async (): Promise<readonly Finding[]> => {
    const config = { name: 'prod', kubeconfig: { path: join(directory, 'kubeconfig') } };
    const clusters = connectClusters({ clusters: [config], clock: systemClock, log: silentLog, metrics: silentMetrics });
    try {
      const all = (await Promise.all(clusters.checks.map(({ run }) => run()))).flat();
      return all.filter(({ code }) => code === 'SERVICE_ACCOUNT_RIGHT');
    } finally {
      await clusters.stop();
    }
  };
  const lines = async (): Promise<readonly string[]> => (await check()).map(({ severity, message }) => `${severity} ${message}`);

  it('finds one that may do in its namespace what deploying takes to be bounded', async () => {
    kustomization('pay', { serviceAccountName: 'pay' });
    grant('pay', 'pay', [deployments]);
    assert.deepEqual(await lines(), ['good impersonated service accounts that are bounded to their namespaces: 1']);
  });

  it('warns of one that may do everything, and asks nothing more of it', async () => {
    kustomization('pay', { serviceAccountName: 'pay' });
    grant('admin', undefined, [everything]);
    const [found, ...more] = await check();
    assert.deepEqual(more, []);
    assert.equal(found?.severity, 'warning');
    assert.equal(found?.message, 'Kustomization pay/pay writes to pay as pay:pay, which may do everything in the whole cluster');
    assert.match(String(found?.without), /which no policy about the namespace bounds/);
    assert.match(String(found?.mend), /suggest rbac/);
  });

  it('names each way to more rights, for each namespace that is written to', async () => {
    kustomization('pay', { serviceAccountName: 'pay' });
    kustomization('shop', { serviceAccountName: 'pay', targetNamespace: 'shop' });
    grant('wild', 'pay', [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]);
    grant('reads', undefined, [
      { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['patch'] },
      { apiGroups: [rbac], resources: ['clusterroles'], verbs: ['bind'] },
    ]);
    const everywhere = 'read Secrets of every namespace; change Deployments of every namespace';
    const bind = 'bind roles that it does not hold (bind)';
    assert.deepEqual(await lines(), [
      `warning Kustomization pay/pay writes to pay as pay:pay, which may do everything there; ${everywhere}; give itself rights (escalate); ${bind}; impersonate other service accounts`,
      `warning Kustomization pay/shop writes to shop as pay:pay, which may ${everywhere}; ${bind}`,
    ]);
  });

  it('says nothing where nobody is impersonated, or only in another cluster', async () => {
    kustomization('free', {});
    kustomization('far', { serviceAccountName: 'pay', kubeConfig: { secretRef: { name: 'far' } } });
    assert.deepEqual(await check(), []);
  });

  it('asks of a bounded number, each pair once', async () => {
    for (let index = 0; index < 25; index += 1) kustomization(`k${index}`, { serviceAccountName: 'pay', targetNamespace: `n${index}` });
    kustomization('again', { serviceAccountName: 'pay', targetNamespace: 'n1' });
    assert.deepEqual(await lines(), ['good impersonated service accounts that are bounded to their namespaces: 20; not asked about: 5']);
  });

  it('says that it may not be asked, and which right that takes', async () => {
    kustomization('pay', { serviceAccountName: 'pay' });
    cluster.refuse('create', 'SubjectAccessReview');
    const [found] = await check();
    assert.equal(found?.severity, 'unknown');
    assert.match(String(found?.mend), /rbac-authority/);
  });
});
