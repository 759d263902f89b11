import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeCluster, type FakeCluster } from '#sandbox/fake-cluster.ts';
import { startFakeGithub, type FakeGithub } from '#sandbox/fake-github.ts';
import type { RunningServer } from '#server/main.ts';
import { root } from '../../house/house-files.ts';
import { ProgramServer } from './program-server.ts';
import { programs } from './programs.ts';
import { defaultPorts, hosts, type Stage } from './stage.ts';
import { Terminal } from './terminal.ts';

const REPOSITORY = 'org/app';
/** A token that the simulated GitHub takes. */
const forgeToken = 'token-of-the-forge-for-tests-only';

/** Everything around the reader of a page: a directory with the program, a cluster, a forge, a terminal. */
export class World implements Stage {
  /** Where the reader works: a checkout, as far as pages need it. */
  readonly directory: string;
  readonly terminal: Terminal;
  readonly github: FakeGithub;
  readonly cluster: FakeCluster;
  /** Set while the reader runs `serve` or the sandbox. */
  server: RunningServer | undefined;
  readonly others: Stage['others'] = new Map();
  readonly #top: string;
  readonly #programs: ProgramServer;
  #pushes = 0;

  private constructor(top: string, github: FakeGithub, cluster: FakeCluster) {
    this.#top = top;
    this.directory = join(top, 'home/headgate');
    this.github = github;
    this.cluster = cluster;
    this.#programs = new ProgramServer(programs(this));
    this.terminal = new Terminal(join(top, 'terminal'), this.directory, this.#environment());
  }

  /** A checkout, a cluster `prod` with Flux and nothing else, and a forge with the repository org/app. */
  static async start(): Promise<World> {
    const top = await mkdtemp(join(tmpdir(), 'hg-docs-'));
    const github = await startFakeGithub({ clock: systemClock, log: silentLog, directory: join(top, 'forge') });
    github.rest.addToken(forgeToken);
    await github.createRepository(REPOSITORY);
    await github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap('first') }, message: 'Begin' });
    const resolve = (url: string) => github.resolve(playedBy(github, url));
    const cluster = await startFakeCluster({ clock: systemClock, log: silentLog, context: 'prod', resolve });
    const world = new World(top, github, cluster);
    await world.#fill();
    return world;
  }

  /** Lets the cluster follow the repository. */
  async deployed(): Promise<void> {
    for (const object of fluxObjects()) this.cluster.apply(object);
    await this.applied(await this.head());
  }

  /** Gives the checkout its config, policy and secrets; serves; deploys one push. */
  async running(): Promise<void> {
    const files = { ...configFiles, 'secrets/github-token': forgeToken, 'secrets/github-webhook': 'webhook-secret-for-tests-only' };
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(this.directory, name, '..'), { recursive: true });
      await writeFile(join(this.directory, name), text, { mode: 0o600 });
    }
    await this.serve();
    await this.addWebhook();
    await this.push();
  }

  /** As somebody pushes to main of org/app; waits until all that comes of it has ended. */
  async push(): Promise<void> {
    this.#pushes += 1;
    await this.github.push({ repository: REPOSITORY, files: { 'deploy/webapp.yaml': configMap(`push-${this.#pushes}`) } });
    await this.settled();
  }

  /** The commit of main of org/app. */
  async head(): Promise<string> {
    return (await this.github.repository(REPOSITORY).refs()).get('refs/heads/main') ?? '';
  }

  /** Waits until every delivery is handled and every reconcile has ended. */
  async settled(): Promise<void> {
    for (const path of ['deliveries?state=pending', 'reconciles?state=queued', 'reconciles?state=observing']) {
      while ((await this.ask<{ readonly items: readonly unknown[] }>(`/v1/${path}`)).items.length > 0) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  /** Starts the server as `bin/headgate serve` in another terminal, and waits until it has seen the clusters. */
  async serve(): Promise<void> {
    const serving = this.terminal.start('bin/headgate serve');
    while (this.server === undefined && !(await hasEnded(serving.ended))) await serving.news();
    if (this.server === undefined) throw new Error(`serve ended:\n${serving.output()}`);
    await this.ready();
  }

  /** Waits until the server knows every cluster. */
  async #synced(): Promise<void> {
    for (;;) {
      const { clusters } = await this.ask<{ readonly clusters: readonly { readonly state: string }[] }>('/v1/status');
      if (clusters.every(({ state }) => state === 'synced')) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /**
   * Waits until the server knows every cluster and, where it asks the API, until its first sweep is over, which might find a push
   * before its webhook comes. GitHub's own record is looked at after it.
   */
  async ready(): Promise<void> {
    await this.#synced();
    const config = await readFile(join(this.directory, 'headgate.yaml'), 'utf8').catch(() => '');
    if (!/^\s*api:/m.test(config)) return;
    let asked = -1;
    for (;;) {
      const requests = this.github.rest.requests();
      if (requests.length === asked && requests.some(({ path }) => path.includes('/hooks'))) return;
      asked = requests.length;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** As somebody makes a token at the forge and saves it. */
  async addToken(): Promise<void> {
    await writeFile(join(this.directory, 'secrets/github-token'), forgeToken, { mode: 0o600 });
  }

  /** As somebody adds the webhook in the settings of the repository: it is sent from then on, and first of all a ping. */
  async addWebhook(): Promise<void> {
    const secret = (await readFile(join(this.directory, 'secrets/github-webhook'), 'utf8')).trim();
    this.github.setWebhook({ url: `${this.server?.webhook.url}/hooks/github`, secret });
    await this.github.ping();
  }

  /** Waits until the cluster runs a commit of org/app. */
  async applied(commit: string): Promise<void> {
    const fits = (object: object): boolean => JSON.stringify(object).includes(`"lastAppliedRevision":"main@sha1:${commit}"`);
    await this.cluster.waitFor('Kustomization', 'apps', 'webapp', fits, 30_000);
  }

  /** Ends what runs in the foreground, as Ctrl-C does. */
  interrupt(): Promise<void> {
    return this.#programs.interrupt();
  }

  async ask<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.server?.web.url}${path}`, { headers: { authorization: `Bearer ${await this.token()}` } });
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
    return (await answer.json()) as T;
  }

  /** Of the operator, as long as a server runs. */
  async token(): Promise<string> {
    const places = ['data/operator.token', 'data/sandbox/data/operator.token'];
    for (const place of places) {
      const token = await readFile(join(this.directory, place), 'utf8').catch(() => undefined);
      if (token !== undefined) return token.trim();
    }
    return '';
  }

  /** What a reader sees in the place of this machine's directories, ports and forge. */
  shown(output: string): string {
    const { server } = this;
    const places: readonly (readonly [string | undefined, string])[] = [
      [join(this.#top, 'home'), '/home/you'],
      ['headgate.served.yaml', 'headgate.yaml'],
      [server?.web.url, 'http://127.0.0.1:9080'],
      [server?.webhook.url, 'http://127.0.0.1:9292'],
      [this.github.url, hosts[0] ?? ''],
    ];
    const text = places.reduce((all, [real, name]) => (real === undefined ? all : all.replaceAll(real, name)), output);
    return text.replaceAll(
      /\b(webhook|web|metrics|health)( listener 127\.0\.0\.1:)0\b/g,
      (_all, name: keyof typeof defaultPorts, words: string) => {
        return `${name}${words}${defaultPorts[name]}`;
      },
    );
  }

  /** The other way round, for files that a page tells to write. */
  real(text: string): string {
    return text.replaceAll('/home/you', join(this.#top, 'home'));
  }

  async stop(): Promise<void> {
    await this.#programs.stop();
    await this.cluster.stop();
    await this.github.stop();
    await rm(this.#top, { recursive: true, force: true });
  }

  async #fill(): Promise<void> {
    await mkdir(join(this.#top, 'home/.kube'), { recursive: true });
    await mkdir(this.directory);
    await writeFile(join(this.#top, 'home/.kube/config'), this.cluster.kubeconfig(), { mode: 0o600 });
    await writeFile(join(this.directory, 'kubeconfig'), this.cluster.kubeconfig(), { mode: 0o600 });
    await cp(join(root, 'deploy'), join(this.directory, 'deploy'), { recursive: true });
    await symlink(join(root, 'docs'), join(this.directory, 'docs'));
    const bin = join(this.#top, 'bin');
    const places = { headgate: join(this.directory, 'bin'), make: bin, kubectl: bin, flux: bin, openssl: bin, curl: bin };
    await this.#programs.start(join(this.#top, 'socket'), places);
  }

  #environment(): Readonly<Record<string, string>> {
    const redirect = hosts.flatMap((host, index) => [
      [`GIT_CONFIG_KEY_${index}`, `url.${this.github.url}/.insteadOf`] as const,
      [`GIT_CONFIG_VALUE_${index}`, `${host}/`] as const,
    ]);
    return {
      PATH: `${join(this.#top, 'bin')}:${process.env['PATH']}`,
      HOME: join(this.#top, 'home'),
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_COUNT: `${hosts.length}`,
      ...Object.fromEntries(redirect),
      ...Object.fromEntries(
        ['AUTHOR', 'COMMITTER'].flatMap((who) => [
          [`GIT_${who}_NAME`, 'you'],
          [`GIT_${who}_EMAIL`, 'you@example.com'],
        ]),
      ),
    };
  }
}

/** The address of a repository as the simulated GitHub knows it. */
function playedBy(github: FakeGithub, url: string): string {
  const host = hosts.find((each) => url.startsWith(`${each}/`));
  return host === undefined ? url : `${github.url}${url.slice(host.length)}`;
}

function hasEnded(ended: Promise<unknown>): Promise<boolean> {
  return Promise.race([ended.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
}

function configMap(text: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: webapp, namespace: apps }\ndata: { text: ${text} }\n`;
}

function fluxObjects(): readonly object[] {
  const url = `${hosts[0]}/${REPOSITORY}`;
  const metadata = { name: 'webapp', namespace: 'apps' };
  const git = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository' };
  return [
    { ...git, metadata, spec: { url, interval: '1h', ref: { branch: 'main' } } },
    { ...git, metadata: { ...metadata, name: 'webapp-next' }, spec: { url, interval: '1h', ref: { branch: 'next' } } },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata,
      spec: {
        interval: '1h',
        prune: true,
        path: './deploy',
        targetNamespace: 'apps',
        sourceRef: { kind: 'GitRepository', name: 'webapp' },
      },
    },
  ];
}

const configFiles = {
  'headgate.yaml': `apiVersion: headgate.dev/v1alpha1
kind: Config
spec:
  clusters: [ { name: prod, kubeconfig: { path: ./kubeconfig, context: prod } } ]
  sources:
    - name: github
      type: github
      webhook: { secrets: [ { file: ./secrets/github-webhook } ] }
      api: { token: { file: ./secrets/github-token } }
  policies: { path: ./policies }
`,
  'policies/first.yaml': `apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: first }
spec:
  targets: [ { clusters: [ prod ], namespaces: [ apps ] } ]
  changes: [ { source: github, repositories: [ org/app ], refs: [ refs/heads/main ] } ]
`,
};
