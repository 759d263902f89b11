import assert from 'node:assert/strict';
import { footprintOf, sourceObjectOf } from '#k8s/footprint.ts';
import { remoteClusters } from '#k8s/remote-clusters.ts';
import type { Footprint } from '#core/target.ts';
import { commitOf } from '#handlers/bases.ts';
import { gitRepository, helmChart, helmRelease, kustomization, parsed, sample, type Sample, storeOf, wanted } from './samples.ts';

const inventory = (...ids: string[]): Readonly<Record<string, unknown>> => ({ inventory: { entries: ids.map((id) => ({ id, v: 'v1' })) } });

function footprint(consumers: readonly Sample[]): Footprint {
  const source = gitRepository(wanted);
  const object = sourceObjectOf(parsed(source));
  assert.ok(object);
  return footprintOf(object, storeOf([source, ...consumers]).downstream('prod/GitRepository/apps/app'));
}

describe('a source object of the inventory', () => {
  const digest = `prod@sha256:${'d'.repeat(64)}`;
  const registry = (artifact: object) => sample('OCIRepository', { spec: { url: 'oci://registry/infra' }, status: { artifact } });

  it('says what its artifact was made from, where the artifact does', () => {
    const origin = `default@sha1:${wanted}`;
    const made = sourceObjectOf(parsed(registry({ revision: digest, metadata: { 'org.opencontainers.image.revision': origin } })));
    assert.deepEqual([made?.artifactRevision, made?.artifactOrigin], [digest, origin]);
    const silent = sourceObjectOf(parsed(registry({ revision: digest })));
    assert.ok(silent && !('artifactOrigin' in silent));
  });

  it('has the commit that its artifact was made from; the digest of a manifest is none', () => {
    const made = sourceObjectOf(
      parsed(registry({ revision: digest, metadata: { 'org.opencontainers.image.revision': `sha1:${wanted}` } })),
    );
    const silent = sourceObjectOf(parsed(registry({ revision: digest })));
    assert.deepEqual([made && commitOf(made), silent && commitOf(silent)], [wanted, null]);
    const git = sourceObjectOf(parsed(gitRepository(wanted)));
    assert.equal(git && commitOf(git), wanted);
  });
});

describe('the footprint of a source', () => {
  it("is the source's own namespace when nothing follows it", () => {
    assert.deepEqual(footprint([]).namespaces, ['apps']);
  });

  it('is where consumers write, not where they live', () => {
    const { namespaces } = footprint([
      kustomization(wanted, { spec: { targetNamespace: 'payments' } }),
      kustomization(wanted, {
        name: 'b',
        status: inventory('shop_web_apps_Deployment', 'shop_web__Service', '_role_rbac.authorization.k8s.io_ClusterRole'),
      }),
    ]);
    assert.deepEqual(namespaces, ['payments', 'shop']);
  });

  it('counts both the target namespace and what was applied elsewhere', () => {
    const consumer = kustomization(wanted, { spec: { targetNamespace: 'payments' }, status: inventory('kube-system_x__ConfigMap') });
    assert.deepEqual(footprint([consumer]).namespaces, ['kube-system', 'payments']);
  });

  it('counts a Namespace object as writing to that namespace', () => {
    assert.deepEqual(footprint([kustomization(wanted, { status: inventory('_tenants__Namespace') })]).namespaces, ['tenants']);
  });

  it("is the consumer's own namespace when it says no other", () => {
    assert.deepEqual(footprint([kustomization(wanted, { status: inventory('_x_y_ClusterThing') })]).namespaces, ['apps']);
  });

  it("is a release's target namespace, or its own, and what its chart puts elsewhere", () => {
    const chart = helmChart(wanted, '1');
    assert.deepEqual(footprint([chart, helmRelease('1', { spec: { targetNamespace: 'web' } })]).namespaces, ['web']);
    assert.deepEqual(footprint([chart, helmRelease('1', { status: inventory('monitoring_rules__ConfigMap') })]).namespaces, [
      'apps',
      'monitoring',
    ]);
  });

  it('names the consumers that no service account bounds, and those of other clusters', () => {
    const seen = footprint([
      kustomization(wanted, { name: 'free' }),
      kustomization(wanted, { name: 'bound', spec: { serviceAccountName: 'deployer', suspend: true } }),
      kustomization(wanted, { name: 'remote', spec: { serviceAccountName: 'deployer', kubeConfig: { secretRef: { name: 'k' } } } }),
    ]);
    assert.deepEqual(
      seen.unbounded.map((object) => object.name),
      ['free'],
    );
    assert.deepEqual(
      seen.consumers.map(({ object, remote, suspended }) => [object.name, remote, suspended]),
      [
        ['bound', false, true],
        ['free', false, false],
        ['remote', true, false],
      ],
    );
  });

  it('counts what is written to another cluster as that cluster’s, which the config names', () => {
    const source = gitRepository(wanted);
    const object = sourceObjectOf(parsed(source));
    assert.ok(object);
    const to = (name: string, kubeConfig: object) => kustomization(wanted, { name, spec: { targetNamespace: name, kubeConfig } });
    const consumers = [
      kustomization(wanted, { name: 'here', spec: { targetNamespace: 'here' } }),
      to('known', { secretRef: { name: 'edge' } }),
      to('mapped', { configMapRef: { name: 'edge' } }),
      to('unknown', { secretRef: { name: 'other' } }),
      to('both', { secretRef: { name: 'edge' }, configMapRef: { name: 'edge' } }),
      to('neither', { provider: 'aws' }),
    ];
    const remotes = remoteClusters([
      {
        name: 'prod',
        remotes: [
          { namespace: 'apps', secret: 'edge', cluster: 'edge' },
          { namespace: 'apps', configMap: 'edge', cluster: 'mapped-edge' },
          { namespace: 'elsewhere', secret: 'other', cluster: 'wrong' },
        ],
      },
      { name: 'stage', remotes: [{ namespace: 'apps', secret: 'other', cluster: 'wrong' }] },
    ]);
    const seen = footprintOf(object, storeOf([source, ...consumers]).downstream('prod/GitRepository/apps/app'), remotes);
    assert.deepEqual(seen.namespaces, ['here']);
    assert.deepEqual(
      Object.fromEntries(
        seen.consumers.map(({ object: { name }, remote, remoteCluster }) => [name, remote ? (remoteCluster ?? null) : 'own']),
      ),
      {
        here: 'own',
        known: 'edge',
        mapped: 'mapped-edge',
        unknown: null,
        both: null,
        neither: null,
      },
    );
  });

  it('takes a consumer that could be read in part only for unbounded', () => {
    const odd = kustomization(wanted, { spec: { serviceAccountName: 'deployer' }, status: { inventory: 'surprise' } });
    assert.equal(footprint([odd]).unbounded.length, 1);
  });
});
