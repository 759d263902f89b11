import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { systemClock } from '#core/clock.ts';
import type { Decision } from '#core/decision.ts';
import type { Delivery } from '#core/delivery.ts';
import type { Story } from '#core/ports/journal.ts';
import type { Reconcile } from '#core/reconcile.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeCluster, type FakeCluster } from '#sandbox/fake-cluster.ts';
import type { NewHgChangeset } from '#sandbox/hg/changeset.ts';
import { FakeHgHost } from '#sandbox/hg/fake-hg-host.ts';
import { FakeRegistry } from '#sandbox/oci/fake-registry.ts';
import { startServer, type RunningServer } from '#server/main.ts';
import { runHeadgate, type Ran } from '../cli/run-headgate.ts';

const SECRET = 'a secret of the hook, for tests only';

export interface HgFlowOptions {
  /** Names of the clusters; default one, `prod`. */
  readonly clusters?: readonly string[];
  /** Further fields of the policy's one rule. */
  readonly rule?: object;
  /** Between two sweeps; default an hour, so that the one at the start is the only one. */
  readonly sweep?: string;
}

/** As much of a server as tests of the flow speak to. */
export interface Served {
  readonly webhook: { readonly url: string };
  readonly web: { readonly url: string };
  close(): Promise<void>;
}

export const configMap = (text: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: pay, namespace: apps }\ndata: { text: ${text} }\n`;

/**
 * A whole server between a simulated host of Mercurial, whose repository `infra` has `apps/pay` on its branch `default`, a simulated registry that
 * this is published to, and simulated clusters that follow it. The first changeset has come all the way.
 */
export class HgFlowWorld {
  readonly directory = mkdtempSync(join(tmpdir(), 'headgate-hg-flow-'));
  readonly host = new FakeHgHost({ clock: systemClock });
  readonly registry = new FakeRegistry();
  readonly clusters = new Map<string, FakeCluster>();
  first = '';
  #server: Served | undefined;
  #stopped = false;
  #onLine: (line: string) => void = () => {};

  static async start(options: HgFlowOptions = {}): Promise<HgFlowWorld> {
    const world = new HgFlowWorld();
    try {
      await world.#begin(options);
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  get server(): Served {
    return this.#server ?? assert.fail('not started');
  }

  get cluster(): FakeCluster {
    return this.clusters.get('prod') ?? assert.fail('there is no such cluster');
  }

  get configPath(): string {
    return join(this.directory, 'headgate.yaml');
  }

  /** Starts the server in this process, or by something else; the hook tells it from now on. */
  async serve(start: () => Promise<Served> = () => this.#startHere()): Promise<void> {
    this.#server = await start();
    this.host.setHook({ url: `${this.#server.webhook.url}/hooks/hub`, secret: SECRET });
  }

  /** One changeset that gives the ConfigMap another text. @returns nodes */
  push(text: string, { by = 'alice', ...more }: { readonly by?: string } & NewHgChangeset = {}): Promise<readonly string[]> {
    const files = { 'apps/pay/pay.yaml': configMap(text), ...more.files };
    return this.host.push({ repository: 'infra', by, changesets: [{ ...more, files }] });
  }

  /** Digest and origin of what is published now; null for nothing. */
  published(): { readonly digest: string; readonly revision: string } | null {
    const repository = this.registry.repository('infra-pay');
    const digest = repository.tags.get('default');
    if (digest === undefined) return null;
    const manifest = JSON.parse(repository.manifest('default')?.bytes.toString('utf8') ?? '{}') as {
      readonly annotations: Readonly<Record<string, string>>;
    };
    return { digest, revision: manifest.annotations['org.opencontainers.image.revision'] ?? '' };
  }

  /** How often the tag was moved. */
  moves(): number {
    return this.registry.requests.filter(({ method, path }) => method === 'PUT' && path.endsWith('/manifests/default')).length;
  }

  /** The text that is applied. */
  text(cluster = this.cluster): unknown {
    const { data } = (cluster.get('ConfigMap', 'apps', 'pay') ?? {}) as { readonly data?: { readonly text?: string } };
    return data?.text;
  }

  /** Resolves when the Kustomization says that it applied what was made of the changeset. */
  async applied(node: string, cluster = this.cluster): Promise<void> {
    const isApplied = (object: object): boolean => JSON.stringify(object).includes(`"lastAppliedOriginRevision":"default@sha1:${node}"`);
    await cluster.waitFor('Kustomization', 'apps', 'pay', isApplied, 60_000);
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.server.web.url}${path}`, { headers: { authorization: `Bearer ${this.#token()}` } });
    assert.equal(answer.status, 200, path);
    return (await answer.json()) as T;
  }

  /** The story of the newest change of a changeset, once it is so. */
  async storyOf(node: string, until: (story: Story) => boolean = () => true): Promise<Story> {
    for (;;) {
      if (this.#stopped) throw new Error(`stopped while waiting for a story of ${node}`);
      const { items } = await this.get<{ readonly items: readonly { readonly id: string }[] }>(`/v1/changes?revision=${node}`);
      const story = items[0] && (await this.get<Story>(`/v1/changes/${items[0].id}`));
      if (story && until(story)) return story;
      await shortly();
    }
  }

  /** The same once every reconcile of it has ended. */
  ended(node: string): Promise<Story> {
    return this.storyOf(node, ({ reconciles }) => reconciles.length > 0 && reconciles.every(({ state }) => state === 'ended'));
  }

  /** The newest decision that fits, once there is one. */
  async decided(fits: (decision: Decision) => boolean): Promise<Decision> {
    for (;;) {
      const { items } = await this.get<{ readonly items: readonly Decision[] }>('/v1/decisions');
      const found = items.find(fits);
      if (found) return found;
      if (this.#stopped) throw new Error('stopped while waiting for a decision');
      await shortly();
    }
  }

  async deliveries(): Promise<readonly Delivery[]> {
    return (await this.get<{ readonly items: readonly Delivery[] }>('/v1/deliveries')).items;
  }

  /** What the hook sent under an id, once it is settled. */
  async settled(deliveryId: string): Promise<Delivery> {
    for (;;) {
      const found = (await this.deliveries()).find((one) => one.deliveryId === deliveryId && one.state !== 'pending');
      if (found) return found;
      if (this.#stopped) throw new Error('stopped while waiting for a delivery');
      await shortly();
    }
  }

  /** Puts another policy in place of the one in force. */
  setPolicy(options: HgFlowOptions): void {
    writeFileSync(join(this.directory, 'policies/apps.yaml'), policies(options));
  }

  headgate(args: readonly string[]): Promise<Ran> {
    return runHeadgate([...args, '--server', this.server.web.url], { env: { HEADGATE_TOKEN: this.#token() } });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#server?.close();
    for (const cluster of this.clusters.values()) await cluster.stop();
    await this.registry.stop();
    await this.host.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The first push comes when the server has swept, so that it is known whose it was. */
  async #begin(options: HgFlowOptions): Promise<void> {
    await Promise.all([this.host.start(), this.registry.start()]);
    for (const name of options.clusters ?? ['prod']) await this.#addCluster(name);
    this.host.repository('infra');
    this.#write(options);
    const { promise: firstSweep, resolve: swept } = Promise.withResolvers<void>();
    this.#onLine = (line) => void (line.includes('"swept"') && swept());
    await this.serve();
    await firstSweep;
    [this.first = ''] = await this.push('first');
    for (const cluster of this.clusters.values()) await this.applied(this.first, cluster);
  }

  async #addCluster(name: string): Promise<void> {
    const cluster = await startFakeCluster({ clock: systemClock, log: silentLog, flux: { fetchesOci: true } });
    this.clusters.set(name, cluster);
    for (const object of followers(this.registry.host)) cluster.apply(object);
  }

  #startHere(): Promise<RunningServer> {
    const { configPath } = this;
    return startServer({
      configPath,
      env: {},
      stderr: { write: (line) => (this.#onLine(line), true) },
      signal: new AbortController().signal,
    });
  }

  #write(options: HgFlowOptions): void {
    mkdirSync(join(this.directory, 'policies'));
    const kubeconfigs = [...this.clusters].map(([name, cluster]) => [`kubeconfig-${name}`, cluster.kubeconfig()] as const);
    const files = {
      secret: SECRET,
      'policies/apps.yaml': policies(options),
      'headgate.yaml': stringify(this.#config(options)),
      ...Object.fromEntries(kubeconfigs),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.directory, name), text, { mode: 0o600 });
  }

  #config({ sweep = '1h' }: HgFlowOptions): object {
    const any = '127.0.0.1:0';
    const { host } = this.registry;
    const source = {
      name: 'hub',
      type: 'hg',
      url: this.host.url,
      web: {},
      webhook: { secrets: [{ file: './secret' }] },
      registries: [{ host, plainHttp: true }],
      publish: [{ repository: 'infra', ref: 'branch:default', path: 'apps/pay', oci: `oci://${host}/infra-pay:default` }],
      sweep: { interval: sweep },
    };
    const spec = {
      listen: { webhook: any, web: any, metrics: any, health: any },
      clusters: [...this.clusters.keys()].map((name) => ({ name, kubeconfig: { path: `./kubeconfig-${name}` } })),
      sources: [source],
      policies: { path: './policies' },
      log: { level: 'debug' },
    };
    return { apiVersion: 'headgate.dev/v1alpha1', kind: 'Config', spec };
  }

  #token(): string {
    return readFileSync(join(this.directory, 'data/operator.token'), 'utf8').trim();
  }
}

/** Its only reconcile. */
export function reconcileOf({ reconciles }: Story): Reconcile {
  return reconciles.length === 1 && reconciles[0] ? reconciles[0] : assert.fail(JSON.stringify(reconciles));
}

export function shortly(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

function followers(host: string): readonly object[] {
  const metadata = { name: 'pay', namespace: 'apps' };
  const url = `oci://${host}/infra-pay`;
  return [
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata,
      spec: { url, interval: '1h', insecure: true, ref: { tag: 'default' } },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata,
      spec: { interval: '1h', prune: true, path: './', targetNamespace: 'apps', sourceRef: { kind: 'OCIRepository', name: 'pay' } },
    },
  ];
}

function policies({ rule }: HgFlowOptions): string {
  const changes = [{ source: 'hub', repositories: ['infra'], refs: ['branch:default'], ...rule }];
  const spec = { targets: [{ clusters: ['*'], namespaces: ['apps'] }], changes };
  const alice = { accounts: [{ source: 'hub', account: 'alice' }] };
  const common = { apiVersion: 'headgate.dev/v1alpha1' };
  const documents = [
    { ...common, kind: 'GatePolicy', metadata: { name: 'apps' }, spec },
    { ...common, kind: 'Person', metadata: { name: 'alice' }, spec: alice },
  ];
  return documents.map((document) => stringify(document)).join('---\n');
}
