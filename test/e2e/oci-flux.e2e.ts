import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOciPublisher } from '#adapters/oci/publisher.ts';
import { digestOf } from '#adapters/oci/blob.ts';
import { systemClock } from '#core/clock.ts';
import type { Publisher } from '#core/ports/publisher.ts';
import type { Publication } from '#core/publication.ts';
import { archiveOf, contentOf, node, type TestEntry } from '../adapters/oci/archives.ts';
import { startCluster, type RealCluster } from './cluster/up.ts';
import { hasFailed } from './headgate/keep-on-failure.ts';
import { startRegistry, type Registry } from './mercurial/registry.ts';

const files: readonly TestEntry[] = [
  { name: 'apps/pay/config.yaml', text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: pay }\ndata: { said: from a revision }\n' },
  { name: 'apps/pay/deep/er.yaml', text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: deeper }\n' },
  { name: 'charts/pay/Chart.yaml', text: 'apiVersion: v2\nname: pay\nversion: 1.2.3\n' },
  { name: 'charts/pay/templates/config.yaml', text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: from-chart }\n' },
];

interface Status {
  readonly status?: {
    readonly artifact?: { readonly revision: string; readonly digest: string; readonly metadata?: Readonly<Record<string, string>> };
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly lastAppliedRevision?: string;
    readonly lastAppliedOriginRevision?: string;
  };
}

describe('what is published, in Flux', function () {
  this.timeout(300_000);
  let cluster: RealCluster;
  let registry: Registry;
  let publisher: Publisher;
  const stop = new AbortController();
  const directory = mkdtempSync(join(tmpdir(), 'headgate-publish-'));
  before(async function () {
    this.timeout(420_000);
    [cluster, registry] = await Promise.all([startCluster({ name: 'oci', controllers: ['source', 'kustomize', 'helm'] }), startRegistry()]);
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'pay' } });
    publisher = createOciPublisher({
      publications: [],
      source: {
        doubts: () => Promise.resolve([]),
        content: () => Promise.resolve(contentOf(archiveOf(files, { prefix: 'infra-a/' }))),
      },
      registries: [{ host: registry.host, plainHttp: true }],
      directory,
      clock: systemClock,
      env: {},
      stopping: stop.signal,
    });
  });
  after(async function () {
    stop.abort();
    await cluster?.stop(hasFailed(this));
    await registry?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function published(name: string, path: string, content: Publication['content']) {
    const publication = {
      repository: 'infra',
      ref: 'branch:default',
      path,
      url: `oci://${registry.host}/${name}`,
      tag: 'default',
      content,
    };
    return publisher.publish({ publication, ref: 'branch:default', revision: node });
  }

  const source = (name: string, more: object = {}) => ({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name, namespace: 'pay' },
    spec: { interval: '1h', insecure: true, url: `oci://${registry.host}/${name}`, ref: { tag: 'default' }, ...more },
  });

  async function status(path: string, isThere: (status: NonNullable<Status['status']>) => boolean): Promise<NonNullable<Status['status']>> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const { text } = await cluster.admin.get(path);
      const found = (JSON.parse(text) as Status).status;
      if (found !== undefined && isThere(found)) return found;
      if (Date.now() > deadline) assert.fail(`${path}: ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  const ofSource = (name: string) =>
    status(`/apis/source.toolkit.fluxcd.io/v1/namespaces/pay/ocirepositories/${name}`, ({ artifact }) => artifact !== undefined);

  it('is applied, and said to come from the revision', async () => {
    const { digest } = await published('manifests', 'apps/pay', 'manifests');
    await cluster.apply(source('manifests'));
    const { artifact } = await ofSource('manifests');
    assert.equal(artifact?.revision, `default@${digest}`);
    assert.deepEqual(artifact?.metadata, {
      'org.opencontainers.image.created': '2026-09-01T12:30:05Z',
      'org.opencontainers.image.revision': `default@sha1:${node}`,
      'org.opencontainers.image.source': 'https://hg.example/infra',
    });
    await cluster.apply({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'pay', namespace: 'pay' },
      spec: { interval: '1h', prune: true, targetNamespace: 'pay', path: './', sourceRef: { kind: 'OCIRepository', name: 'manifests' } },
    } as Parameters<RealCluster['apply']>[0]);
    const path = '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/pay/kustomizations/pay';
    const applied = await status(path, ({ lastAppliedRevision }) => lastAppliedRevision !== undefined);
    assert.equal(applied.lastAppliedRevision, `default@${digest}`);
    assert.equal(applied.lastAppliedOriginRevision, `default@sha1:${node}`);
    for (const name of ['pay', 'deeper']) assert.equal((await cluster.admin.get(`/api/v1/namespaces/pay/configmaps/${name}`)).status, 200);
  });

  it('is kept as it is where it is a chart that Flux copies, and installed', async () => {
    const { digest } = await published('chart', 'charts/pay', 'chart');
    const mediaType = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
    await cluster.apply(source('chart', { layerSelector: { mediaType, operation: 'copy' } }));
    const { artifact } = await ofSource('chart');
    assert.equal(artifact?.revision, `default@${digest}`);
    const manifest = await (
      await fetch(`${registry.url}/v2/chart/manifests/default`, { headers: { accept: 'application/vnd.oci.image.manifest.v1+json' } })
    ).json();
    const [stored] = globSync(join(cluster.controllers.storage, 'ocirepository', 'pay', 'chart', '*.tar.gz')).map((file) =>
      readFileSync(file),
    );
    assert.ok(stored);
    assert.equal(digestOf(stored), (manifest as { layers: { digest: string }[] }).layers[0]?.digest);
    await cluster.apply({
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      metadata: { name: 'pay', namespace: 'pay' },
      spec: { interval: '1h', chartRef: { kind: 'OCIRepository', name: 'chart' } },
    } as Parameters<RealCluster['apply']>[0]);
    await status('/apis/helm.toolkit.fluxcd.io/v2/namespaces/pay/helmreleases/pay', ({ conditions }) =>
      Boolean(conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True')),
    );
    assert.equal((await cluster.admin.get('/api/v1/namespaces/pay/configmaps/from-chart')).status, 200);
  });
});
