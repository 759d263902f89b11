import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { systemClock } from '#core/clock.ts';
import type { Delivery } from '#core/delivery.ts';
import type { Story } from '#core/ports/journal.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeCluster, type FakeCluster } from '#sandbox/fake-cluster.ts';
import { startFakeGithub, type FakeGithub, type Pushed } from '#sandbox/fake-github.ts';
import { startServer, type RunningServer } from '#server/main.ts';
import { runHeadgate, type Ran } from '../cli/run-headgate.ts';

export const REPOSITORY = 'org/app';
const TOKEN = 'a-token-of-the-forge-for-tests';

export const SECRET = 'a webhook secret for tests only';

/** How changes are read back. */
export const readBacks = ['api', 'git'] as const;

const credentials = { api: { api: { token: { file: './token' } } }, git: { git: {} } };

export interface ForgeWorldOptions {
  readonly by: (typeof readBacks)[number];
  /** Between two sweeps; default an hour, so that the one at the start is the only one. */
  readonly sweep?: string;
  /** Further keys of the source. */
  readonly source?: object;
  /** Further keys of `spec`. */
  readonly spec?: object;
  /** The branch that the cluster follows. */
  readonly branch?: string;
  /** Whether the policy allows it; default yes. */
  readonly allowed?: boolean;
  /** Who must have pushed. */
  readonly pushers?: object;
  /** Policies in place of the one that allows the branch. */
  readonly policies?: readonly object[];
  /** Documents beside the policy. */
  readonly documents?: readonly object[];
  /** Logins by team: `org/slug`. */
  readonly teams?: Readonly<Record<string, readonly string[]>>;
  /** What happens on the forge before the server starts. */
  readonly prepare?: (github: FakeGithub) => Promise<void>;
}

/**
 * A whole server between a simulated GitHub and a simulated cluster that is at the repository's first commit.
 * It has swept once, and hears of whatever moves from now on.
 */
export interface ForgeWorld {
  readonly github: FakeGithub;
  readonly cluster: FakeCluster;
  readonly server: RunningServer;
  readonly first: string;
  /** Of the config, the journal and everything else. */
  readonly directory: string;
  /** Where git keeps the repository. */
  readonly gitDirectory: string;
  /** Resolves when the cluster runs a commit. */
  applied(commit: string): Promise<object>;
  get<T>(path: string): Promise<T>;
  /** What a browser is sent. */
  page(path: string): Promise<string>;
  /** The story of the newest change of a commit that comes to pass. */
  storyOf(commit: string, until?: (story: Story) => boolean): Promise<Story>;
  /** The delivery that GitHub sent under this id, once it is so. */
  delivery(deliveryId: string, until: (delivery: Delivery) => boolean): Promise<Delivery>;
  /** The same once it is settled. */
  settled(deliveryId: string): Promise<Delivery>;
  /** Stops the server, and starts it again after something else. */
  restart(meanwhile?: () => Promise<void> | void): Promise<void>;
  /** Runs a command line against the server. */
  headgate(args: readonly string[]): Promise<Ran>;
  /** Moves something while nobody listens. @returns the id of the webhook, which `redeliver` sends; and the commit, empty for none */
  unheard(move: () => Promise<Pushed>): Promise<{ readonly id: string; readonly commit: string }>;
  stop(): Promise<void>;
}

export const configMap = (text: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: webapp, namespace: apps }\ndata: { text: ${text} }\n`;

export async function startForgeWorld(options: ForgeWorldOptions): Promise<ForgeWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'headgate-forge-'));
  const github = await startFakeGithub({ clock: systemClock, log: silentLog, directory: join(directory, 'git') });
  if (options.by === 'api') github.rest.addToken(TOKEN);
  for (const [team, logins] of Object.entries(options.teams ?? {})) github.rest.setTeam(team, logins);
  const { branch = 'main' } = options;
  const url = await github.createRepository(REPOSITORY, branch);
  const { after: first } = await github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap('first') } });
  assert.ok(first);
  const cluster = await startFakeCluster({ clock: systemClock, log: silentLog, resolve: (asked) => github.resolve(asked) });
  for (const object of objects(url, branch)) cluster.apply(object);
  const applied: ForgeWorld['applied'] = (commit) =>
    cluster.waitFor('Kustomization', 'apps', 'webapp', (object) => JSON.stringify(object).includes(`sha1:${commit}`), 60_000);
  await applied(first);
  await options.prepare?.(github);
  const configPath = writeFiles(directory, options, github.url, cluster.kubeconfig());
  const env = { PATH: process.env['PATH'] };
  const { promise: firstSweep, resolve: swept } = Promise.withResolvers<void>();
  const write = (line: string): boolean => {
    if (line.includes('"swept"')) swept();
    return true;
  };
  const start = (): Promise<RunningServer> => startServer({ configPath, env, stderr: { write }, signal: new AbortController().signal });
  let server = await start();
  const token = readFileSync(join(directory, 'data/operator.token'), 'utf8').trim();
  const answerOf = async (path: string): Promise<Response> => {
    const answer = await fetch(`${server.web.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(answer.status, 200, path);
    return answer;
  };
  const get = async <T>(path: string): Promise<T> => (await (await answerOf(path)).json()) as T;
  const delivery: ForgeWorld['delivery'] = async (deliveryId, until) => {
    for (;;) {
      const { items } = await get<{ readonly items: readonly Delivery[] }>(`/v1/deliveries?deliveryId=${deliveryId}`);
      if (items[0] && until(items[0])) return items[0];
      await shortly();
    }
  };
  github.setWebhook({ url: `${server.webhook.url}/hooks/hub`, secret: SECRET });
  await firstSweep;
  return {
    github,
    cluster,
    get server() {
      return server;
    },
    first,
    directory,
    gitDirectory: github.repository(REPOSITORY).directory,
    applied,
    get,
    page: async (path) => (await answerOf(path)).text(),
    async storyOf(commit, until = () => true) {
      for (;;) {
        const { items } = await get<{ readonly items: readonly { readonly id: string }[] }>(`/v1/changes?revision=${commit}`);
        const story = items[0] && (await get<Story>(`/v1/changes/${items[0].id}`));
        if (story && until(story)) return story;
        await shortly();
      }
    },
    delivery,
    settled: (deliveryId) => delivery(deliveryId, ({ state }) => state !== 'pending'),
    headgate: (args) => runHeadgate([...args, '--server', server.web.url], { env: { HEADGATE_TOKEN: token } }),
    async restart(meanwhile) {
      await server.close();
      await meanwhile?.();
      server = await start();
      github.setWebhook({ url: `${server.webhook.url}/hooks/hub`, secret: SECRET });
    },
    async unheard(move) {
      github.lose();
      const { delivery, after } = await move();
      return { id: delivery?.id ?? assert.fail('no webhook was made'), commit: after ?? '' };
    },
    async stop() {
      await server.close();
      await cluster.stop();
      await github.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function shortly(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

function objects(url: string, branch: string): readonly object[] {
  return [
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'webapp', namespace: 'apps', annotations: { 'headgate.dev/paths': 'deploy/**' } },
      spec: { url, interval: '1h', ref: { branch } },
    },
    {
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
    },
  ];
}

function writeFiles(directory: string, options: ForgeWorldOptions, url: string, kubeconfig: string): string {
  mkdirSync(join(directory, 'policies'));
  const files = {
    secret: SECRET,
    token: TOKEN,
    kubeconfig,
    'policies/apps.yaml': [...(options.policies ?? [policy(options)]), ...(options.documents ?? [])]
      .map((document) => stringify(document))
      .join('---\n'),
    'headgate.yaml': stringify(config(options, url)),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text, { mode: 0o600 });
  return join(directory, 'headgate.yaml');
}

function config({ by, sweep = '1h', source, spec: more }: ForgeWorldOptions, url: string): object {
  const any = '127.0.0.1:0';
  const webhook = { secrets: [{ file: './secret' }] };
  const spec = {
    listen: { webhook: any, web: any, metrics: any, health: any },
    clusters: [{ name: 'prod', kubeconfig: { path: './kubeconfig' } }],
    sources: [{ name: 'hub', type: 'github', url, webhook, sweep: { interval: sweep }, ...credentials[by], ...source }],
    policies: { path: './policies' },
    log: { level: 'debug' },
    ...more,
  };
  return { apiVersion: 'headgate.dev/v1alpha1', kind: 'Config', spec };
}

/** Asks for confirmed changes: the default. */
function policy({ allowed = true, branch = 'main', pushers }: ForgeWorldOptions): object {
  const refs = [allowed ? `refs/heads/${branch}` : 'refs/heads/release'];
  const spec = {
    targets: [{ clusters: ['prod'], namespaces: ['apps'] }],
    changes: [{ source: 'hub', repositories: [REPOSITORY], refs, ...(pushers ? { pushers } : {}) }],
  };
  return { apiVersion: 'headgate.dev/v1alpha1', kind: 'GatePolicy', metadata: { name: 'apps' }, spec };
}
