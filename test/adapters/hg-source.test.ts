import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AdapterDeps } from '#adapters/adapter-deps.ts';
import { FakeBackEnd } from '#adapters/hg/fake-back-end.ts';
import { hgAdapter } from '#adapters/hg-source.ts';
import { HgSource } from '#adapters/hg/schema.ts';
import { SourceConfig, createAdapter, isReadBack } from '#adapters/registry.ts';
import { systemClock } from '#core/clock.ts';
import { followed } from '#core/followed.ts';
import { silentLog } from '#core/ports/telemetry.ts';

const minimal = { name: 'hg', type: 'hg', url: 'https://hg.example.com', web: {} };
const pay = { repository: 'infra', ref: 'branch:default', path: 'apps/pay', oci: 'oci://registry.example.com:5000/infra-pay:default' };

function complaints(config: object): string {
  const { error } = SourceConfig.safeParse(config);
  return error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n') ?? '';
}

describe('the config of a source of Mercurial', () => {
  it('needs a way of asking, exactly one, and fills in the rest', () => {
    const parsed = SourceConfig.parse(minimal);
    assert.equal(isReadBack(parsed), true);
    assert.deepEqual(parsed, { ...minimal, aliases: [], registries: [], publish: [], sweep: { interval: 5 * 60_000 } });
    assert.match(complaints({ name: 'hg', type: 'hg', url: minimal.url }), /exactly one of `web` and `clone`/);
    assert.match(complaints({ ...minimal, clone: {} }), /exactly one of `web` and `clone`/);
    assert.match(complaints({ ...minimal, url: 'ssh://hg@hg.example.com/srv' }), /url: must begin with https:/);
    assert.equal(complaints({ name: 'hg', type: 'hg', url: 'ssh://hg@hg.example.com/srv', clone: {} }), '');
  });

  it('takes typed refs and patterns of tags, and publishes one thing under one tag', () => {
    for (const ref of ['branch:default', 'bookmark:prod', 'tag:v*@branch:default'])
      assert.equal(complaints({ ...minimal, publish: [{ ...pay, ref }] }), '', ref);
    for (const ref of ['default', 'refs/heads/default', 'tag:v1', 'tag:v[@branch:default', 'branch:--config=a:b'])
      assert.match(complaints({ ...minimal, publish: [{ ...pay, ref }] }), /publish\.0\.ref: a typed ref/, ref);
    assert.match(
      complaints({ ...minimal, publish: [pay, { ...pay, ref: 'branch:stable' }] }),
      /publish\.1\.oci: is published to by another/,
    );
  });
});

describe('a source of Mercurial', () => {
  const directory = mkdtempSync(join(tmpdir(), 'headgate-hg-source-'));
  const deps: AdapterDeps = {
    secrets: () => [Buffer.from('a secret for tests only')],
    secret: () => Buffer.from('hunter2'),
    clock: systemClock,
    log: silentLog,
    dataDirectory: directory,
    env: {},
    pagesUrl: undefined,
  };
  after(() => rmSync(directory, { recursive: true }));
  const config = (more: object = {}): HgSource => HgSource.parse({ ...minimal, publish: [pay], ...more });

  it('asks by hgweb or by clones, and asks nothing before it has to', () => {
    const byWeb = createAdapter(SourceConfig.parse(minimal), deps);
    assert.deepEqual([byWeb.readBack?.by, byWeb.publisher], ['hgweb', undefined]);
    const byClone = createAdapter(SourceConfig.parse({ name: 'hg', type: 'hg', url: minimal.url, clone: {} }), deps);
    assert.equal(byClone.readBack?.by, 'clone');
  });

  it('publishes what the config says, and knows who follows it', () => {
    const adapter = hgAdapter(config(), deps, new FakeBackEnd());
    const [publication] = adapter.publisher?.publications ?? [];
    assert.deepEqual(publication, {
      repository: 'infra',
      ref: 'branch:default',
      path: 'apps/pay',
      url: 'oci://registry.example.com:5000/infra-pay',
      tag: 'default',
      content: 'manifests',
    });
    const target = { cluster: 'prod', kind: 'OCIRepository', namespace: 'pay', name: 'pay' };
    const follower = { target, url: 'oci://registry.example.com:5000/infra-pay', ref: { tag: 'default' } };
    assert.deepEqual(followed(adapter, follower), { repository: 'infra', ref: 'branch:default', publication });
    assert.ok(adapter.repositoryKeys('infra').keys.includes('registry.example.com:5000/infra-pay'));
  });

  it('knows which registries are spoken to without TLS', () => {
    const isPlain = (registries: readonly object[]): boolean | undefined => {
      const { publisher } = hgAdapter(config({ registries }), deps, new FakeBackEnd());
      const [publication] = publisher?.publications ?? [];
      return publication && publisher?.isPlain(publication);
    };
    assert.equal(isPlain([]), false);
    assert.equal(isPlain([{ host: 'registry.example.com:5000' }]), false);
    assert.equal(isPlain([{ host: 'Registry.example.com:5000', plainHttp: true }]), true);
  });

  describe('finds in what would be published', () => {
    const inspect = async (files: Parameters<FakeBackEnd['commit']>[1]['files'], path = 'apps/pay') => {
      const host = new FakeBackEnd();
      const node = host.commit('infra', { ...(files ? { files } : {}) });
      const { publisher } = hgAdapter(config({ publish: [{ ...pay, path }] }), deps, host);
      const [publication] = publisher?.publications ?? [];
      if (!publisher || !publication) throw new Error('nothing is published');
      return (await publisher.inspect(publication, node)).map(({ code, message }) => `${code} ${message}`);
    };
    const good = { 'apps/pay/a.yaml': 'a: 1\n' };

    it('nothing where there are files alone, whatever lies elsewhere', async () => {
      const elsewhere = { link: { bytes: 'x', kind: 'symlink' }, '.hgsub': 'vendor/lib = ../lib\n', '.hglf/big.bin': 'x' } as const;
      assert.deepEqual(await inspect({ ...good, ...elsewhere }), []);
    });

    it('symbolic links, largefiles and subrepositories', async () => {
      const found = await inspect({
        ...good,
        'apps/pay/link': { bytes: '/etc/passwd', kind: 'symlink' },
        '.hglf/apps/pay/big.bin': 'a hash',
        '.hgsub': '# ours\napps/pay/lib = http://169.254.169.254/\n[subpaths]\napps/pay/no = x\n',
      });
      assert.deepEqual(
        found.map((one) => one.replace(/,.*:/, ':')),
        [
          'subrepositories there are subrepositories: apps/pay/lib',
          'largefiles there are largefiles: .hglf/apps/pay/big.bin',
          'symlinks there are symbolic links: apps/pay/link',
        ],
      );
      assert.equal((await inspect({ a: '1', 'apps/x': '1', '.hgsub': 'apps = elsewhere\n' }, 'apps/x')).length, 1);
    });

    it('that there is nothing at the path', async () => {
      await assert.rejects(inspect({ a: '1' }), { code: 'CONTENT_REFUSED' });
    });
  });
});
