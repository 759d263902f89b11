import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeCluster, type FakeCluster } from '#sandbox/fake-cluster.ts';
import { startFakeGithub, type FakeGithub } from '#sandbox/fake-github.ts';
import { startServer, type RunningServer } from '#server/main.ts';

const REPOSITORY = 'org/app';
const SECRET = 'a webhook secret for tests only';
const TELL_SECRET = Buffer.alloc(32, 7).toString('base64');

interface Taken {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Something that is told: keeps what it is sent while it answers 200. */
class Endpoint {
  readonly taken: Taken[] = [];
  status = 200;
  asked = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.asked++;
        if (this.status === 200) this.taken.push({ headers: request.headers, text: Buffer.concat(chunks).toString('utf8') });
        response.writeHead(this.status).end();
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The bodies, as soon as one of them fits. */
  async until(fits: (body: Record<string, unknown>) => boolean): Promise<readonly Record<string, unknown>[]> {
    for (;;) {
      const bodies = this.taken.map(({ text }) => JSON.parse(text) as Record<string, unknown>);
      if (bodies.some(fits)) return bodies;
      await pause();
    }
  }
}

describe('a server that tells what comes about', function () {
  this.timeout(60_000);
  let directory: string;
  let github: FakeGithub;
  let cluster: FakeCluster;
  let server: RunningServer;
  let chat: Endpoint;
  let flux: Endpoint;
  let configPath: string;

  const start = async (): Promise<void> => {
    server = await startServer({ configPath, env: {}, stderr: { write: () => true }, signal: new AbortController().signal });
    github.setWebhook({ url: `${server.webhook.url}/hooks/hub`, secret: SECRET });
    while (!(await text('health', '/readyz?verbose')).includes('[+] cluster prod')) await pause();
  };
  const text = async (listener: 'health' | 'metrics', path: string): Promise<string> =>
    (await fetch(`${server[listener].url}${path}`)).text();
  const push = async (branch: string, content: string): Promise<string> =>
    (await github.push({ repository: REPOSITORY, branch, files: { 'deploy/webapp.yaml': configMap(content) } })).after ?? assert.fail();

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'headgate-telling-'));
    [chat, flux] = [new Endpoint(), new Endpoint()];
    await Promise.all([chat.start(), flux.start()]);
    github = await startFakeGithub({ clock: systemClock, log: silentLog, directory: join(directory, 'git') });
    const url = await github.createRepository(REPOSITORY);
    await push('main', 'first');
    await push('dev', 'first');
    cluster = await startFakeCluster({ clock: systemClock, log: silentLog, resolve: (asked) => github.resolve(asked) });
    for (const object of objects(url)) cluster.apply(object);
    await cluster.waitFor('Kustomization', 'apps', 'webapp', (object) => JSON.stringify(object).includes('lastAppliedRevision'));
    configPath = writeFiles(directory, github.url, cluster.kubeconfig(), { chat: chat.url, flux: flux.url });
    await start();
  });
  afterEach(async () => {
    await server.close();
    await cluster.stop();
    await github.stop();
    await Promise.all([chat.stop(), flux.stop()]);
    rmSync(directory, { recursive: true, force: true });
  });

  it('tells a webhook of decisions and outcomes in their order, signed, and Flux of what Alerts are for', async () => {
    const commit = await push('main', 'second');
    const told = await chat.until(({ type }) => type === 'headgate.reconcile.applied');
    assert.deepEqual(
      told.map(({ type }) => type),
      ['headgate.decision.allowed', 'headgate.reconcile.triggered', 'headgate.reconcile.applied'],
    );
    for (const { headers, text: sent } of chat.taken) {
      const content = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${sent}`;
      const expected = createHmac('sha256', Buffer.from(TELL_SECRET, 'base64')).update(content).digest('base64');
      assert.equal(headers['webhook-signature'], `v1,${expected}`);
    }
    const { data } = told.at(-1) as { readonly data: { readonly url: string; readonly change: { readonly revision: string } } };
    assert.equal(data.change.revision, commit);
    assert.match(data.url, /^https:\/\/headgate\.example\.com\/changes\/chg_/);

    const events = await flux.until(({ reason }) => reason === 'HeadgateApplied');
    assert.deepEqual(
      events.map(({ reason }) => reason),
      ['HeadgateTriggered', 'HeadgateApplied'],
    );
    const { involvedObject } = events[0] as { readonly involvedObject: { readonly uid: string; readonly name: string } };
    assert.equal(involvedObject.name, 'webapp');
    assert.match(involvedObject.uid, /^[0-9a-f-]{36}$/);
  });

  it('tells of a denial and why', async () => {
    await push('dev', 'second');
    const [denied] = await chat.until(({ type }) => type === 'headgate.decision.denied');
    const { data } = denied as { readonly data: { readonly message: string; readonly target: { readonly name: string } } };
    assert.equal(data.target.name, 'dev');
    assert.match(data.message, /^denied: org\/app refs\/heads\/dev [0-9a-f]{12} by /);
    const [event] = await flux.until(({ reason }) => reason === 'HeadgateDenied');
    assert.equal(event?.['severity'], 'error');
  });

  it('tells after a restart what could not be told before, once the address answers', async () => {
    chat.status = 503;
    await push('main', 'second');
    await flux.until(({ reason }) => reason === 'HeadgateApplied');
    while (!(await text('health', '/readyz?verbose')).includes('[-] sink chat: http://127.0.0.1')) await pause();
    assert.match(await text('metrics', '/metrics'), /headgate_news_told_total\{sink="chat",outcome="retried"\} [1-9]/);
    await server.close();
    assert.deepEqual(chat.taken, []);
    chat.status = 200;
    await start();
    const told = await chat.until(({ type }) => type === 'headgate.reconcile.applied');
    assert.deepEqual(
      told.map(({ type }) => type),
      ['headgate.decision.allowed', 'headgate.reconcile.triggered', 'headgate.reconcile.applied'],
    );
    while (!(await text('metrics', '/metrics')).includes('headgate_news_oldest_seconds{sink="chat"} 0')) await pause();
    assert.equal(flux.taken.length, 2, 'what was told is not told again');
  });
});

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

const configMap = (content: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: webapp, namespace: apps }\ndata: { text: ${content} }\n`;

function objects(url: string): readonly object[] {
  const repository = (name: string, branch: string) => ({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name, namespace: 'apps' },
    spec: { url, interval: '1h', ref: { branch } },
  });
  const kustomization = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'webapp', namespace: 'apps' },
    spec: {
      interval: '1h',
      prune: true,
      path: './deploy',
      sourceRef: { kind: 'GitRepository', name: 'webapp' },
      targetNamespace: 'apps',
    },
  };
  return [repository('webapp', 'main'), repository('dev', 'dev'), kustomization];
}

function writeFiles(directory: string, url: string, kubeconfig: string, told: { readonly chat: string; readonly flux: string }): string {
  mkdirSync(join(directory, 'policies'));
  const any = '127.0.0.1:0';
  const spec = {
    listen: { webhook: any, web: any, metrics: any, health: any },
    clusters: [{ name: 'prod', kubeconfig: { path: './kubeconfig' } }],
    sources: [{ name: 'hub', type: 'github', url, webhook: { secrets: [{ file: './secret' }] } }],
    policies: { path: './policies' },
    web: { url: 'https://headgate.example.com/' },
    tell: [
      { name: 'chat', webhook: { url: told.chat, secrets: [{ file: './tell-secret' }] } },
      { name: 'alerts', flux: { cluster: 'prod', url: told.flux } },
    ],
  };
  const policy = {
    targets: [{ clusters: ['prod'], namespaces: ['apps'] }],
    changes: [{ source: 'hub', repositories: [REPOSITORY], refs: ['refs/heads/main'], confirmed: false }],
  };
  const document = (kind: string, metadata: object, body: object) =>
    stringify({ apiVersion: 'headgate.dev/v1alpha1', kind, metadata, spec: body });
  const files = {
    secret: SECRET,
    'tell-secret': `whsec_${TELL_SECRET}\n`,
    kubeconfig,
    'policies/apps.yaml': document('GatePolicy', { name: 'apps' }, policy),
    'headgate.yaml': document('Config', {}, spec),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content, { mode: 0o600 });
  return join(directory, 'headgate.yaml');
}
