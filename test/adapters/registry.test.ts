import assert from 'node:assert/strict';
import { createAdapter, createSink, SinkConfig, SourceConfig, type AdapterDeps } from '#adapters/registry.ts';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { delivery, secret } from './github/deliveries.ts';
import { denial } from './news.ts';

const hub = { name: 'hub', type: 'github', webhook: { secrets: [{ env: 'HUB_SECRET' }] } };

const deps: Omit<AdapterDeps, 'secrets'> = {
  secret: () => Buffer.from('a-token-of-the-forge'),
  clock: systemClock,
  log: silentLog,
  dataDirectory: '/nowhere',
  env: {},
  pagesUrl: undefined,
};

function complaints(config: unknown): string {
  const result = SourceConfig.safeParse(config);
  assert.equal(result.success, false);
  return result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n');
}

describe('the config of a source', () => {
  it('fills in github.com, no aliases and no read-back', () => {
    assert.deepEqual(SourceConfig.parse(hub), { ...hub, url: 'https://github.com', aliases: [], sweep: { interval: 5 * 60_000 } });
  });

  it('refuses a source without secrets, because anybody could send to it', () => {
    assert.match(complaints({ ...hub, webhook: { secrets: [] } }), /webhook\.secrets: at least one secret/);
    assert.match(complaints({ ...hub, webhook: undefined }), /webhook/);
  });

  it('refuses a way of reading back that is not configured, with the line to add', () => {
    assert.match(complaints({ ...hub, readBack: 'api' }), /readBack: is `api`, but `api` is not given/);
    assert.match(complaints({ ...hub, readBack: 'git', api: { token: { env: 'T' } } }), /readBack: is `git`, but `git` is not given/);
    assert.match(complaints({ ...hub, readBack: 'ssh' }), /readBack/);
  });

  it('refuses an api without exactly one of token and app', () => {
    const app = { id: 1, installation: 2, key: { file: 'key.pem' } };
    assert.match(complaints({ ...hub, api: {} }), /api: must name exactly one/);
    assert.match(complaints({ ...hub, api: { token: { env: 'T' }, app } }), /api: must name exactly one/);
    assert.match(complaints({ ...hub, api: { app: { ...app, installation: 'x' } } }), /api\.app\.installation/);
    assert.match(complaints({ ...hub, api: { token: { env: 'T' }, url: 'nonsense' } }), /api\.url: a base URL/);
    const parsed = SourceConfig.parse({ ...hub, api: { app } });
    assert.equal(parsed.type === 'github' && parsed.api?.app?.id, 1);
  });

  it('refuses commit statuses without credentials, and prefixes that make no name', () => {
    const api = { token: { env: 'T' } };
    assert.match(complaints({ ...hub, feedback: { statuses: {} } }), /^feedback: needs credentials: `api` is not given$/);
    for (const prefix of ['', 'a/b', 'a b', 'ü', 'a'.repeat(64)])
      assert.match(complaints({ ...hub, api, feedback: { statuses: { prefix } } }), /^feedback\.statuses\.prefix: up to 63 letters/);
    assert.match(complaints({ ...hub, api, feedback: {} }), /^feedback\.statuses/);
    const parsed = SourceConfig.parse({ ...hub, api, feedback: { statuses: {} } });
    assert.deepEqual(parsed.type === 'github' && parsed.feedback, { statuses: { prefix: 'headgate' } });
  });

  it('says of a known type that it comes later, and names what there is for an unknown one', () => {
    assert.match(complaints({ ...hub, type: 'oci' }), /type oci comes with a later version/);
    assert.match(complaints({ ...hub, type: 'svn' }), /unknown type "svn"; this version knows github, gerrit, hg, heptapod and rhodecode/);
    assert.match(complaints({ name: 'hub' }), /type/);
    assert.match(complaints('hub'), /object/);
  });

  it('refuses names that do not fit into a URL, bad URLs and unknown keys', () => {
    for (const name of ['', 'Hub', 'a/b', '-a', 'a'.repeat(64)]) assert.match(complaints({ ...hub, name }), /^name/);
    for (const url of ['github', 'https://github.com?x', 'ftp://x']) assert.match(complaints({ ...hub, url }), /^url: a base URL/);
    assert.match(complaints({ ...hub, aliases: ['nonsense'] }), /^aliases\.0/);
    assert.match(complaints({ ...hub, secret: 'x' }), /secret/);
  });
});

describe('the config of a sink', () => {
  const webhook = { url: 'https://hooks.example.com/', secrets: [{ env: 'S' }] };
  const complaintsOf = (config: unknown): string =>
    SinkConfig.safeParse(config)
      .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('\n') ?? 'none';

  it('has exactly one kind', () => {
    assert.match(complaintsOf({ name: 'a' }), /must have exactly one of `flux` and `webhook`/);
    assert.match(complaintsOf({ name: 'a', webhook, flux: { cluster: 'prod' } }), /must have exactly one/);
    assert.match(complaintsOf({ name: 'a', slack: {} }), /slack/);
    assert.equal(complaintsOf({ name: 'a', webhook }), 'none');
  });

  it('has a name that fits into a label, so that none is that of a source’s own sink', () => {
    for (const name of ['', 'A', 'github-status/hub']) assert.match(complaintsOf({ name, webhook }), /^name/);
  });

  it('comes to a sink of that name and kind', () => {
    const sinkDeps = { ...deps, secrets: () => [secret], uidOf: () => undefined };
    const news = denial();
    const chat = createSink(SinkConfig.parse({ name: 'chat', webhook }), sinkDeps);
    const alerts = createSink(SinkConfig.parse({ name: 'alerts', flux: { cluster: 'edge' } }), sinkDeps);
    assert.deepEqual([chat.name, chat.wants(news), alerts.name, alerts.wants(news)], ['chat', true, 'alerts', false]);
  });
});

describe('createAdapter', () => {
  const readBackOf = (config: object) =>
    createAdapter(SourceConfig.parse({ ...hub, ...config }), { ...deps, secrets: () => [secret] }).readBack;

  it('reads back by api where there are credentials for it, by git where that is configured, or not at all', () => {
    const api = { token: { env: 'T' } };
    assert.equal(readBackOf({}), null);
    assert.equal(readBackOf({ api })?.by, 'api');
    assert.equal(readBackOf({ git: {} })?.by, 'git');
    assert.equal(readBackOf({ api, git: {} })?.by, 'api');
    assert.equal(readBackOf({ api, git: {}, readBack: 'git' })?.by, 'git');
    assert.equal(readBackOf({ api, git: {}, readBack: 'none' }), null);
  });

  it('tells commits what became of them where that is configured', () => {
    const feedbackOf = (config: object) =>
      createAdapter(SourceConfig.parse({ ...hub, api: { token: { env: 'T' } }, ...config }), { ...deps, secrets: () => [secret] }).feedback;
    assert.equal(feedbackOf({}), undefined);
    assert.equal(feedbackOf({ feedback: { statuses: {} } })?.name, 'github-status/hub');
  });

  it('makes a source that asks for the live secrets with every delivery', async () => {
    let live: readonly Buffer[] = [secret];
    const adapter = createAdapter(SourceConfig.parse(hub), { ...deps, secrets: () => live });
    assert.deepEqual([adapter.name, adapter.type], ['hub', 'github']);
    const event = (key: Buffer): unknown => Object.entries(adapter.receive(delivery({ key }))).find(([name]) => name === 'event')?.[1];
    assert.equal(event(secret), 'push');
    live = [Buffer.from('the-secret-that-came-next')];
    assert.throws(() => adapter.receive(delivery()), { code: 'SIGNATURE_INVALID' });
    assert.equal(event(live[0] as Buffer), 'push');
    assert.equal(adapter.readBack, null);
    assert.equal(adapter.repositoryAt('git@github.com:org/app'), 'org/app');
    assert.ok(adapter.repositoryKeys('org/app').keys.includes('github.com/org/app'));
  });
});
