import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeCluster } from '#sandbox/fake-cluster.ts';
import { startFakeGithub, type FakeGithub } from '#sandbox/fake-github.ts';
import { startServer, type RunningServer } from '#server/main.ts';

const REPOSITORY = 'org/app';
const secret = 'a webhook secret for tests only';
const token = 'a-token-of-the-forge-for-tests';
const any = '127.0.0.1:0';
/** A stream that nobody can listen to has a state all the same. */
const unusable = { user: 'headgate', key: { file: './none' }, knownHosts: { file: './none' } };
const api = { apiVersion: 'headgate.dev/v1alpha1' };

/** A server through which the main paths have gone: a webhook, one that is refused, a push that only a sweep finds, and one that is denied. */
export interface ExercisedServer {
  /** What /metrics answers now. */
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

export async function startExercisedServer(): Promise<ExercisedServer> {
  const directory = mkdtempSync(join(tmpdir(), 'headgate-metrics-'));
  await using starting = new AsyncDisposableStack();
  starting.defer(() => rmSync(directory, { recursive: true, force: true }));
  const github = await startFakeGithub({ clock: systemClock, log: silentLog, directory: join(directory, 'git') });
  starting.defer(() => github.stop());
  github.rest.addToken(token);
  const url = await github.createRepository(REPOSITORY);
  await github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap('first') } });
  const cluster = await startFakeCluster({ clock: systemClock, log: silentLog, resolve: (asked) => github.resolve(asked) });
  starting.defer(() => cluster.stop());
  for (const object of [gitRepository('webapp', url), gitRepository('denied', url), kustomization('webapp')]) cluster.apply(object);
  await cluster.waitFor('Kustomization', 'apps', 'webapp', (object) => JSON.stringify(object).includes('lastAppliedRevision'));
  const sink = createServer((_request, response) => response.writeHead(204).end()).listen(0, '127.0.0.1');
  await once(sink, 'listening');
  starting.defer(() => void sink.close());
  const { port } = sink.address() as AddressInfo;
  const configPath = writeFiles(directory, { forge: github.url, sink: `http://127.0.0.1:${port}/` }, cluster.kubeconfig());
  const env = { PATH: process.env['PATH'] };
  const server = await startServer({ configPath, env, stderr: { write: () => true }, signal: new AbortController().signal });
  starting.defer(() => server.close());
  await exercise(server, github, readFileSync(join(directory, 'data/operator.token'), 'utf8').trim());
  const running = starting.move();
  return { metrics: () => metricsOf(server), stop: () => running.disposeAsync() };
}

async function exercise(server: RunningServer, github: FakeGithub, operator: string): Promise<void> {
  const push = (text: string) => github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap(text) } });
  const hooks = `${server.webhook.url}/hooks/hub`;
  await push('second'); // no webhook yet: a sweep finds it, and nothing newer takes its place before it is applied
  await until(server, /^headgate_deliveries_entered_total\{source="hub",kind="sweep"\} [1-9]/m);
  await until(server, /^headgate_reconciles_total\{.*outcome="applied"/m);
  github.setWebhook({ url: hooks, secret });
  await push('third');
  await until(server, /^headgate_webhook_requests_total\{source="hub",code="accepted"\} [1-9]/m);
  await fetch(hooks, { method: 'POST', body: '{}', headers: { 'x-github-event': 'push', 'content-type': 'application/json' } });
  const watching = new AbortController();
  const headers = { authorization: `Bearer ${operator}` };
  await fetch(`${server.web.url}/v1/deliveries?watch=1`, { headers, signal: watching.signal });
  await until(server, /^headgate_event_streams 1$/m);
  watching.abort();
  await until(server, /^headgate_policy_decisions_total\{verdict="deny"/m);
}

/** Asks until it is there, for half a minute: a rejection takes everything down, which waiting in vain would not. */
async function until(server: RunningServer, wanted: RegExp): Promise<void> {
  const late = AbortSignal.timeout(30_000);
  while (!wanted.test(await metricsOf(server))) {
    if (late.aborted) throw new Error(`/metrics has no ${wanted}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function metricsOf(server: RunningServer): Promise<string> {
  return (await fetch(`${server.metrics.url}/metrics`)).text();
}

function configMap(text: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: webapp, namespace: apps }\ndata: { text: ${text} }\n`;
}

/** The one that is called `denied` lies in a namespace that no policy is about. */
function gitRepository(name: string, url: string): object {
  const metadata = { name, namespace: name === 'denied' ? 'elsewhere' : 'apps' };
  const spec = { url, interval: '1h', ref: { branch: 'main' } };
  return { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', metadata, spec };
}

function kustomization(name: string): object {
  const metadata = { name, namespace: 'apps' };
  const spec = { interval: '1h', prune: true, path: './deploy', sourceRef: { kind: 'GitRepository', name }, targetNamespace: 'apps' };
  return { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', metadata, spec };
}

function writeFiles(directory: string, urls: { readonly forge: string; readonly sink: string }, kubeconfig: string): string {
  const hub = { name: 'hub', type: 'github', url: urls.forge, webhook: { secrets: [{ file: './secret' }] }, sweep: { interval: '1s' } };
  const config = {
    listen: { webhook: any, web: any, metrics: any, health: any },
    clusters: [{ name: 'prod', kubeconfig: { path: './kubeconfig' } }],
    sources: [
      { ...hub, api: { token: { file: './token' } } },
      { name: 'review', type: 'gerrit', url: 'http://127.0.0.1:9/', ssh: unusable },
    ],
    policies: { path: './policies' },
    tell: [{ name: 'audit', webhook: { url: urls.sink, secrets: [{ file: './secret' }] } }],
  };
  const policy = {
    targets: [{ clusters: ['prod'], namespaces: ['apps'] }],
    changes: [{ source: 'hub', repositories: [REPOSITORY], refs: ['refs/heads/main'] }],
  };
  const files = {
    secret,
    token,
    kubeconfig,
    'policies/apps.yaml': stringify({ ...api, kind: 'GatePolicy', metadata: { name: 'apps' }, spec: policy }),
    'headgate.yaml': stringify({ ...api, kind: 'Config', spec: config }),
  };
  mkdirSync(join(directory, 'policies'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text, { mode: 0o600 });
  return join(directory, 'headgate.yaml');
}
