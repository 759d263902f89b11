import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOciPublisher } from '#adapters/oci/publisher.ts';
import type { PublishedSource } from '#adapters/oci/published-source.ts';
import { systemClock } from '#core/clock.ts';
import type { Publisher } from '#core/ports/publisher.ts';
import type { Publication } from '#core/publication.ts';
import { FakeRegistry } from '#sandbox/oci/fake-registry.ts';
import { archiveOf, contentOf, unpacked } from './archives.ts';

const revision = 'a'.repeat(40);

describe('publishing', () => {
  let directory: string;
  let registry: FakeRegistry;
  let stop: AbortController;
  /** What the repository holds, by revision. */
  let texts: Map<string, string>;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'headgate-publish-'));
    registry = await new FakeRegistry().start();
    stop = new AbortController();
    texts = new Map([[revision, 'kind: One']]);
  });
  afterEach(async () => {
    stop.abort();
    await registry.stop();
    assert.deepEqual(readdirSync(directory), []);
    rmSync(directory, { recursive: true });
  });

  const source: PublishedSource = {
    doubts: (_repository, _revision, path) => Promise.resolve([{ code: 'subrepositories', message: `.hgsub below ${path}` }]),
    content: ({ revision: wanted, path }) => {
      const name = `${path}/deploy.yaml`;
      return Promise.resolve(contentOf(archiveOf([{ name, text: texts.get(wanted) ?? '' }], { prefix: 'r/' })));
    },
  };

  const publicationOf = (name = 'infra-pay'): Publication => ({
    repository: 'infra',
    ref: 'branch:default',
    path: 'apps/pay',
    url: `oci://${registry.host}/${name}`,
    tag: 'default',
    content: 'manifests',
  });

  const publisherOf = (): Publisher =>
    createOciPublisher({
      publications: [publicationOf()],
      source,
      registries: [{ host: registry.host, plainHttp: true }],
      directory,
      clock: { ...systemClock, random: () => 0 },
      env: {},
      stopping: stop.signal,
    });

  const order = (publication = publicationOf(), wanted = revision) => ({ publication, ref: 'branch:default', revision: wanted });
  const writes = (): string[] =>
    registry.requests.filter(({ method }) => !['GET', 'HEAD'].includes(method)).map(({ method, path }) => `${method} ${path}`);

  it('pushes what the revision holds, and moves the tag last', async () => {
    const { digest, moved, bytes } = await publisherOf().publish(order());
    assert.ok(moved);
    assert.deepEqual(writes().slice(-2), [`PUT /v2/infra-pay/manifests/${digest}`, 'PUT /v2/infra-pay/manifests/default']);
    const { tags, manifests, blobs } = registry.repository('infra-pay');
    assert.equal(tags.get('default'), digest);
    const { layers } = JSON.parse(manifests.get(digest)?.bytes.toString() ?? '') as { layers: { digest: string; size: number }[] };
    const layer = blobs.get(layers[0]?.digest ?? '');
    assert.equal(layer?.length, bytes);
    assert.deepEqual(
      (await unpacked(layer ?? Buffer.alloc(0))).map(({ header: { name }, text }) => [name, text]),
      [['deploy.yaml', 'kind: One']],
    );
  });

  it('sends nothing when the tag is there already', async () => {
    const first = await publisherOf().publish(order());
    registry.requests.length = 0;
    assert.deepEqual(await publisherOf().publish(order()), { ...first, moved: false });
    assert.deepEqual(writes(), []);
  });

  it('moves the tag on to another revision, and back', async () => {
    texts.set('b'.repeat(40), 'kind: Two');
    const publisher = publisherOf();
    const one = await publisher.publish(order());
    const two = await publisher.publish(order(publicationOf(), 'b'.repeat(40)));
    assert.notEqual(one.digest, two.digest);
    assert.equal(registry.repository('infra-pay').tags.get('default'), two.digest);
    assert.deepEqual(await publisher.publish(order()), one);
    assert.equal(registry.repository('infra-pay').tags.get('default'), one.digest);
  });

  it('leaves the tag where it was when a registry breaks off on the way', async () => {
    const publisher = publisherOf();
    const { digest } = await publisher.publish(order());
    texts.set('b'.repeat(40), 'kind: Two');
    for (const step of ['POST', 'PUT /v2/infra-pay/blobs', 'PUT /v2/infra-pay/manifests/sha256']) {
      registry.fault = ({ method, path }) => (`${method} ${path}`.startsWith(step) ? { endAfter: 0 } : undefined);
      await assert.rejects(publisher.publish(order(publicationOf(), 'b'.repeat(40))), { code: 'REGISTRY_UNREACHABLE' }, step);
      assert.equal(registry.repository('infra-pay').tags.get('default'), digest);
    }
  });

  it('lets several publish the same at once', async () => {
    const all = await Promise.all([1, 2, 3, 4].map(() => publisherOf().publish(order())));
    assert.equal(new Set(all.map(({ digest }) => digest)).size, 1);
    assert.equal(registry.repository('infra-pay').tags.get('default'), all[0]?.digest);
  });

  it('lets another repository of the registry take what it has pushed', async () => {
    const publisher = publisherOf();
    await publisher.publish(order());
    registry.requests.length = 0;
    await publisher.publish(order(publicationOf('infra-pay-copy')));
    assert.ok(registry.repository('infra-pay-copy').tags.has('default'));
    assert.equal(writes().filter((line) => line.includes('mount=')).length, 2);
    assert.equal(writes().filter((line) => line.startsWith('PUT') && line.includes('/blobs/')).length, 0);
  });

  it('asks a registry that is not listed by TLS', async () => {
    const publisher = createOciPublisher({
      publications: [],
      source,
      registries: [],
      directory,
      clock: { ...systemClock, random: () => 0 },
      env: {},
      stopping: stop.signal,
    });
    await assert.rejects(publisher.publish(order()), { code: 'REGISTRY_UNREACHABLE' });
    assert.equal(registry.requests.length, 0);
  });

  it('asks the source what forbids it', async () => {
    assert.deepEqual(await publisherOf().inspect(publicationOf(), revision), [
      { code: 'subrepositories', message: '.hgsub below apps/pay' },
    ]);
  });

  it('begins nothing that was given up', async () => {
    const signal = AbortSignal.abort(new Error('stopping'));
    await assert.rejects(publisherOf().publish({ ...order(), signal }), /stopping/);
    assert.equal(registry.requests.length, 0);
  });

  it('refuses an address that is none', async () => {
    for (const url of [
      'http://registry.example/x',
      'oci://registry.example',
      'oci://registry.example/A',
      'oci://registry.example/a/../b',
      'oci://u@registry.example/a',
    ])
      await assert.rejects(publisherOf().publish(order({ ...publicationOf(), url })), { code: 'REGISTRY_REFUSED' }, url);
  });
});
