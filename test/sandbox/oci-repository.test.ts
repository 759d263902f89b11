import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeCluster, type FakeCluster } from '#sandbox/fake-cluster.ts';
import { isReady } from '#sandbox/flux/flux-objects.ts';
import { FakeRegistry } from '#sandbox/oci/fake-registry.ts';
import { sha256 } from '#sandbox/oci/repository.ts';
import { mercurialObjects } from '#sandbox/seed/mercurial.ts';
import { pack } from 'tar-stream';
import { buffer } from 'node:stream/consumers';

const ORIGIN = 'org.opencontainers.image.revision';

describe('an OCIRepository of the simulated cluster', function () {
  this.timeout(30_000);
  let registry: FakeRegistry;
  let cluster: FakeCluster;
  beforeEach(async () => {
    registry = await new FakeRegistry().start();
    cluster = await startFakeCluster({ clock: systemClock, log: silentLog, flux: { fetchesOci: true } });
    cluster.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: 'bread', name: 'deployer' } });
    for (const object of mercurialObjects({ url: 'http://127.0.0.1:1', registry: registry.host })) cluster.apply(object);
  });
  afterEach(async () => {
    await cluster.stop();
    await registry.stop();
  });

  /** @returns the digest of the manifest that the tag is moved to */
  const publish = async (loaf: string): Promise<string> => {
    const tar = pack();
    tar.entry({ name: 'config.yaml' }, `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: bread }\ndata: { loaf: ${loaf} }\n`);
    tar.finalize();
    const layer = gzipSync(await buffer(tar));
    const repository = registry.repository('bread-deploy');
    repository.blobs.set(sha256(layer), layer);
    repository.blobs.set(sha256(Buffer.from('{}')), Buffer.from('{}'));
    const manifest = {
      config: { mediaType: 'x', digest: sha256(Buffer.from('{}')) },
      layers: [{ mediaType: 'y', digest: sha256(layer) }],
      annotations: { [ORIGIN]: `default@sha1:${loaf}` },
    };
    const type = 'application/vnd.oci.image.manifest.v1+json';
    return repository.put('default', { type, bytes: Buffer.from(JSON.stringify(manifest)) }) ?? '';
  };
  const loaf = (): unknown => (cluster.get('ConfigMap', 'bread', 'bread')?.['data'] as { loaf?: string } | undefined)?.loaf;
  const failed = () =>
    cluster.waitFor('OCIRepository', 'bread', 'bread', (object) =>
      JSON.stringify(object['status'] ?? '').includes('OCIArtifactPullFailed'),
    );

  it('says that there is nothing, fetches what comes, and its consumer applies it and says what it was made from', async () => {
    await failed();
    const digest = await publish('rye');
    cluster.patch('OCIRepository', 'bread', 'bread', { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': '1' } } });
    const consumer = await cluster.waitFor('Kustomization', 'bread', 'bread', isReady);
    const revision = `default@${digest}`;
    const settled = await cluster.waitFor('Kustomization', 'bread', 'bread', (object) => {
      const { lastAppliedRevision, lastAppliedOriginRevision } = object['status'] as Record<string, unknown>;
      return lastAppliedRevision === revision && lastAppliedOriginRevision === 'default@sha1:rye';
    });
    assert.equal(settled.metadata.name, consumer.metadata.name);
    assert.equal(loaf(), 'rye');
  });
});
