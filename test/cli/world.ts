import { createHmac, randomUUID } from 'node:crypto';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeCluster, type FakeCluster } from '#sandbox/fake-cluster.ts';
import { MemoryRepository } from '#sandbox/git/memory-repository.ts';
import { startServer, type RunningServer } from '#server/main.ts';
import { runHeadgate, type Ran, type RunOptions } from './run-headgate.ts';

const secret = 'a secret for tests only';

/** A Headgate with a simulated cluster that runs org/app in the namespace apps, and the command line pointed at it. */
export interface World {
  readonly directory: string;
  readonly configPath: string;
  readonly cluster: FakeCluster;
  readonly server: RunningServer;
  /** Runs the command line with the operator's token. */
  headgate(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Commits to a branch and sends the signed webhook. @returns the commit and the id of the delivery at the sender */
  push(files: Readonly<Record<string, string>>, branch?: string): Promise<{ readonly commit: string; readonly guid: string }>;
  /** Sends any signed event. */
  send(event: string, payload: object): Promise<string>;
  stop(): Promise<void>;
}

const configMap = (text: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: webapp, namespace: apps }\ndata: { text: ${text} }\n`;

export async function startWorld(): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-cli-'));
  const repository = new MemoryRepository();
  repository.commit({ 'deploy/webapp.yaml': configMap('first') });
  const url = 'https://github.com/org/app';
  const cluster = await startFakeCluster({
    clock: systemClock,
    log: silentLog,
    resolve: (asked) => (asked === url ? repository : undefined),
  });
  cluster.apply(gitRepository('webapp', url, 'main'));
  cluster.apply(gitRepository('webapp-next', url, 'next'));
  cluster.apply(kustomization('webapp'));
  const configPath = await writeConfig(directory, cluster.kubeconfig());
  const server = await startServer({ configPath, env: {}, stderr: { write: () => true }, signal: new AbortController().signal });
  const token = (await readFile(join(directory, 'data/operator.token'), 'utf8')).trim();
  await cluster.waitFor('Kustomization', 'apps', 'webapp', (object) => JSON.stringify(object).includes('lastAppliedRevision'));

  const send = async (event: string, payload: object): Promise<string> => {
    const body = JSON.stringify(payload);
    const guid = randomUUID();
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    const response = await fetch(`${server.webhook.url}/hooks/hub`, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'x-github-event': event,
        'x-github-delivery': guid,
        'x-hub-signature-256': `sha256=${signature}`,
      },
    });
    if (response.status !== 202) throw new Error(`the delivery was answered ${response.status}: ${await response.text()}`);
    return guid;
  };

  return {
    directory,
    configPath,
    cluster,
    server,
    send,
    headgate: (args, options = {}) =>
      runHeadgate(args, { cwd: directory, ...options, env: { HEADGATE_SERVER: server.web.url, HEADGATE_TOKEN: token, ...options.env } }),
    async push(files, branch = 'main') {
      const before = (await repository.refs()).get(`refs/heads/${branch}`) ?? '0'.repeat(40);
      const commit = repository.commit(files, branch);
      return { commit, guid: await send('push', pushPayload(branch, before, commit)) };
    },
    async stop() {
      await server.close();
      await cluster.stop();
      await rm(directory, { recursive: true });
    },
  };
}

export { configMap };

async function writeConfig(directory: string, kubeconfig: string): Promise<string> {
  const configPath = join(directory, 'headgate.yaml');
  await mkdir(join(directory, 'policies'));
  await writeFile(join(directory, 'secret'), secret, { mode: 0o600 });
  await writeFile(join(directory, 'kubeconfig'), kubeconfig, { mode: 0o600 });
  const any = '"127.0.0.1:0"';
  await writeFile(
    configPath,
    `apiVersion: headgate.dev/v1alpha1
kind: Config
spec:
  listen: { webhook: ${any}, web: ${any}, metrics: ${any}, health: ${any} }
  clusters: [ { name: prod, kubeconfig: { path: ./kubeconfig } } ]
  sources: [ { name: hub, type: github, webhook: { secrets: [ { file: ./secret } ] } } ]
  policies: { path: ./policies }
`,
  );
  await writeFile(
    join(directory, 'policies/apps.yaml'),
    `apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: apps }
spec:
  targets: [ { clusters: [ prod ], namespaces: [ apps ] } ]
  changes: [ { source: hub, repositories: [ org/app ], refs: [ refs/heads/main ], confirmed: false } ]
`,
  );
  return configPath;
}

function gitRepository(name: string, url: string, branch: string): object {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name, namespace: 'apps' },
    spec: { url, interval: '1h', ref: { branch } },
  };
}

function kustomization(name: string): object {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: 'apps' },
    spec: { interval: '1h', prune: true, path: './deploy', sourceRef: { kind: 'GitRepository', name }, targetNamespace: 'apps' },
  };
}

function pushPayload(branch: string, before: string, after: string): object {
  const user = { login: 'octocat', id: 1, type: 'User' };
  return {
    ref: `refs/heads/${branch}`,
    before,
    after,
    created: /^0+$/.test(before),
    deleted: false,
    forced: false,
    base_ref: null,
    compare: 'https://github.com/org/app/compare',
    repository: {
      id: 1,
      name: 'app',
      full_name: 'org/app',
      html_url: 'https://github.com/org/app',
      clone_url: 'https://github.com/org/app.git',
      owner: user,
      pushed_at: Math.floor(Date.now() / 1_000),
    },
    pusher: { name: 'octocat', email: 'octocat@example.com' },
    sender: user,
    commits: [],
    head_commit: { id: after, timestamp: new Date().toISOString(), message: 'a change' },
  };
}
