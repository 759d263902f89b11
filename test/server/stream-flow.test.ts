import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Delivery } from '#core/delivery.ts';
import type { Finding } from '#core/finding.ts';
import { listenApart } from '#server/listen-apart.ts';
import { startServer, type RunningServer } from '#server/main.ts';
import { privateKeyIn, publicKey } from '../adapters/gerrit/stream/ssh-fixtures.ts';
import { startPeer, type Peer } from '../adapters/gerrit/stream/ssh-peer.ts';

const [before, after] = ['1'.repeat(40), '2'.repeat(40)];
const line = (ref: string): string =>
  `${JSON.stringify({ refUpdate: { oldRev: before, newRev: after, refName: ref, project: 'app' }, type: 'ref-updated', eventCreatedOn: 1_700_000_000 })}\n`;

describe('a server that listens to a stream of events', function () {
  this.timeout(60_000);
  let directory: string;
  let peer: Peer;
  let server: RunningServer | undefined;

  const start = async (ssh: object = {}, webhook = '127.0.0.1:0'): Promise<RunningServer> => {
    const any = '127.0.0.1:0';
    const spec = {
      listen: { webhook, web: any, metrics: any, health: any },
      policies: { path: './policies' },
      sources: [
        {
          ...{ name: 'review', type: 'gerrit', url: 'http://127.0.0.1:9/', webhook: { secrets: [{ file: './secret' }] } },
          ssh: { port: peer.port, user: 'headgate', key: { file: './client' }, knownHosts: { file: './known_hosts' }, ...ssh },
        },
      ],
    };
    const document = (kind: string, more: object): string => stringify({ apiVersion: 'headgate.dev/v1alpha1', kind, ...more });
    const config = join(directory, 'headgate.yaml');
    await writeFile(config, document('Config', { spec }));
    const changes = [{ source: 'review', repositories: ['app'], refs: ['refs/heads/main'], confirmed: false }];
    const policy = { metadata: { name: 'apps' }, spec: { targets: [{ clusters: ['prod'], namespaces: ['apps'] }], changes } };
    await writeFile(join(directory, 'policies/apps.yaml'), document('GatePolicy', policy));
    server = await startServer({ configPath: config, env: {}, stderr: { write: () => true }, signal: new AbortController().signal });
    return server;
  };
  const text = async (url: string, path: string): Promise<string> => {
    const token = (await readFile(join(directory, 'data/operator.token'), 'utf8')).trim();
    return (await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })).text();
  };
  const until = async (url: string, path: string, words: RegExp): Promise<string> => {
    for (const end = Date.now() + 30_000; ; ) {
      const answer = await text(url, path);
      if (words.test(answer)) return answer;
      if (Date.now() > end) assert.match(answer, words);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-stream-flow-'));
    await mkdir(join(directory, 'policies'));
    await privateKeyIn(directory, 'client');
    await writeFile(join(directory, 'secret'), 'a secret for tests', { mode: 0o600 });
    peer = await startPeer();
    await writeFile(join(directory, 'known_hosts'), `[127.0.0.1]:${peer.port} ${publicKey('host')}\n`);
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    await peer.stop();
    await rm(directory, { recursive: true });
  });

  it('journals what it hears once, shows how the stream stands, and leaves it when it stops', async () => {
    const running = await start();
    const { health, web, metrics } = running;
    await until(health.url, '/readyz?verbose', /source review: gerrit, stream streaming/);
    peer.sessions[0]?.channel.write(line('refs/changes/01/1/meta') + line('refs/heads/main') + line('refs/heads/main'));
    const listed = await until(web.url, '/v1/deliveries', /ref-updated/);
    const { items } = JSON.parse(listed) as { readonly items: readonly Delivery[] };
    assert.deepEqual(
      items.map(({ kind, source, remote, hint }) => [kind, source, remote, hint?.ref]),
      [['stream', 'review', `127.0.0.1:${peer.port}`, 'refs/heads/main']],
    );
    const counted = await until(metrics.url, '/metrics', /headgate_stream_state\{source="review",state="streaming"\} 1/);
    assert.match(counted, /headgate_deliveries_entered_total\{source="review",kind="stream"\} 1/);
    server = undefined;
    await running.close();
    assert.equal(peer.counts.came, 1);
    for (const end = Date.now() + 30_000; peer.counts.open > 0; ) {
      assert.ok(Date.now() < end, 'the connection stays');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  it('says once how the stream stands when the server is checked, without another connection', async () => {
    const { health, web } = await start();
    await until(health.url, '/readyz?verbose', /stream streaming/);
    const { findings } = JSON.parse(await until(web.url, '/v1/checks', /SOURCE_STREAM/)) as { readonly findings: readonly Finding[] };
    const [found, ...more] = findings.filter(({ code }) => code === 'SOURCE_STREAM');
    assert.match(found?.message ?? '', /^event stream: streaming for /);
    assert.deepEqual(more, []);
    assert.equal(peer.counts.came, 1);
  });

  it('leaves a stream alone that a process apart listens to', async () => {
    const { health } = await start({ listen: 'apart' });
    assert.match(await until(health.url, '/readyz?verbose', /source review/), /^\[\+\] source review: gerrit$/m);
    assert.equal(peer.counts.came, 0);
  });

  describe('in a process apart', () => {
    let ending: AbortController;
    let listeners: Promise<void>[];
    const log: string[] = [];
    const listen = (url: string, sources: readonly string[] = []): void => {
      const stderr = { write: (text: string) => log.push(text) };
      const options = { configPath: join(directory, 'headgate.yaml'), env: {}, stderr, signal: ending.signal, sources, server: url };
      const any = { host: '127.0.0.1', port: 0 };
      listeners.push(listenApart({ ...options, health: any, metrics: any }));
    };
    beforeEach(() => {
      ending = new AbortController();
      listeners = [];
      log.length = 0;
    });
    afterEach(async () => {
      ending.abort();
      await Promise.all(listeners);
    });
    const streaming = async (count: number): Promise<void> => {
      for (const end = Date.now() + 30_000; peer.sessions.length < count; await new Promise((resolve) => setTimeout(resolve, 20)))
        assert.ok(Date.now() < end, log.join(''));
    };
    const listed = async (url: string): Promise<readonly Delivery[]> =>
      (JSON.parse(await until(url, '/v1/deliveries', /ref-updated/)) as { readonly items: readonly Delivery[] }).items;

    it('hands each event to the server, and two of them are one delivery', async () => {
      const { webhook, web, metrics } = await start({ listen: 'apart' });
      listen(webhook.url);
      listen(webhook.url);
      await streaming(2);
      for (const { channel } of peer.sessions) channel.write(line('refs/changes/01/1/meta') + line('refs/heads/main'));
      await until(metrics.url, '/metrics', /headgate_webhook_requests_total\{source="review",code="known"\} 1/);
      const items = await listed(web.url);
      assert.deepEqual(
        items.map(({ kind, hint }) => [kind, hint?.ref]),
        [['webhook', 'refs/heads/main']],
      );
    });

    it('keeps what the server does not take until it does', async () => {
      const first = await start({ listen: 'apart' });
      const { url, port } = first.webhook;
      listen(url);
      await streaming(1);
      server = undefined;
      await first.close();
      peer.sessions[0]?.channel.write(line('refs/heads/main'));
      for (
        const end = Date.now() + 30_000;
        !log.join('').includes('cannot be handed over');
        await new Promise((resolve) => setTimeout(resolve, 20))
      )
        assert.ok(Date.now() < end, log.join(''));
      const { web } = await start({ listen: 'apart' }, `127.0.0.1:${port}`);
      assert.equal((await listed(web.url)).length, 1);
    });

    it('answers probes and a scrape by itself: ready once it hears, and says when the server takes nothing', async () => {
      const first = await start({ listen: 'apart' });
      listen(first.webhook.url);
      await streaming(1);
      const said = (): { readonly health: string; readonly metrics: string } | undefined =>
        log
          .map((text) => JSON.parse(text) as { readonly msg: string; readonly health: string; readonly metrics: string })
          .find(({ msg }) => msg === 'listening');
      const { health, metrics } = said() ?? assert.fail(log.join(''));
      assert.match(
        await until(health, '/readyz?verbose', /^ok$/m),
        /^\[\+\] source review: gerrit, stream streaming\n\[\+\] hand-over of review\nok\n$/,
      );
      assert.equal((await fetch(`${health}/readyz`)).status, 200);
      assert.equal(await text(health, '/healthz'), 'ok\n');
      assert.match(await text(metrics, '/metrics'), /headgate_stream_state\{source="review",state="streaming"\} 1/);
      assert.match(await text(metrics, '/metrics'), /headgate_stream_gaps_total\{source="review"\} 1/);
      server = undefined;
      await first.close();
      peer.sessions[0]?.channel.write(line('refs/heads/main'));
      assert.match(await until(health, '/readyz?verbose', /\[-\] hand-over of review: .+/), /\nok\n$/);
      await peer.stop();
      await until(health, '/readyz', /^not listening to review$/m);
      assert.equal((await fetch(`${health}/readyz`)).status, 503);
    });

    it('does not begin where its port is taken, and names the flag', async () => {
      const { health, webhook } = await start({ listen: 'apart' });
      const options = { configPath: join(directory, 'headgate.yaml'), env: {}, stderr: { write: () => true }, signal: ending.signal };
      const taken = { host: health.host, port: health.port };
      await assert.rejects(listenApart({ ...options, sources: [], server: webhook.url, health: taken, metrics: null }), {
        code: 'PORT_BUSY',
        message: /\(--health\) is in use/,
      });
      assert.equal(peer.counts.came, 0);
    });

    it('listens in place of the server when it is told to', async () => {
      const { webhook } = await start();
      await streaming(1);
      listen(webhook.url, ['review']);
      await streaming(2);
    });

    it('says so when there is nothing to listen to', async () => {
      const { webhook } = await start();
      const nowhere = { health: null, metrics: null };
      const around = { configPath: join(directory, 'headgate.yaml'), env: {}, stderr: { write: () => true }, signal: ending.signal };
      const options = { ...around, ...nowhere };
      await assert.rejects(listenApart({ ...options, sources: [], server: webhook.url }), /no source of the config is listened to apart/);
      await assert.rejects(listenApart({ ...options, sources: ['hub'], server: webhook.url }), /no source of the config is named hub/);
    });
  });
});
