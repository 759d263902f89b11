import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeCluster, type FakeCluster } from '#sandbox/fake-cluster.ts';
import type { Change } from '#sandbox/gerrit/change.ts';
import { startFakeGerrit, type FakeGerrit } from '#sandbox/gerrit/fake-gerrit.ts';
import { newSshKey } from '#sandbox/gerrit/ssh/openssh-key.ts';
import { listenApart } from '#server/listen-apart.ts';
import { startServer, type RunningServer } from '#server/main.ts';

const PROJECT = 'demo/app';
const SECRET = 'a secret of the plugin for tests only';
const any = '127.0.0.1:0';

export interface LossWorldOptions {
  /** Whether the webhooks plugin sends events as well. */
  readonly webhooks?: boolean;
  /** Between two looks that nothing asks for; default an hour: none. */
  readonly interval?: string;
}

/** Moments of one revision, milliseconds since the epoch. */
export interface Moments {
  readonly heard: number;
  readonly confirmed: number;
  readonly decided: number;
  /** The API server has stored the request to Flux. */
  readonly annotated: number;
}

/** What the server has of one revision. */
export interface Told {
  readonly revision: string;
  readonly changes: number;
  readonly reconciles: number;
}

/**
 * A whole server that listens to the stream of a simulated Gerrit, and a simulated cluster that follows a branch of it. Nothing is swept on an
 * interval: what is found was told of, or looked for because of a gap.
 */
export class GerritLossWorld {
  readonly directory = mkdtempSync(join(tmpdir(), 'headgate-loss-'));
  /** Lines of the log. */
  readonly lines: string[] = [];
  #gerrit: FakeGerrit | undefined;
  #cluster: FakeCluster | undefined;
  #server: RunningServer | undefined;
  /** What the branch began with, which the events-log may tell of. */
  #first: string | undefined;

  static async start(options: LossWorldOptions = {}): Promise<GerritLossWorld> {
    const world = new GerritLossWorld();
    try {
      await world.#start(options);
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  get gerrit(): FakeGerrit {
    return this.#gerrit ?? assert.fail('not started');
  }

  get cluster(): FakeCluster {
    return this.#cluster ?? assert.fail('not started');
  }

  get server(): RunningServer {
    return this.#server ?? assert.fail('not started');
  }

  /** Reviewed, submitted, and merged. @returns where the branch stands then */
  async submit(text: string): Promise<string> {
    await this.submitted(text);
    return this.head();
  }

  async submitted(text: string): Promise<Change> {
    const change = await this.reviewed(text);
    await this.gerrit.submit(change);
    return change;
  }

  /** A change that may be submitted. */
  async reviewed(text: string): Promise<Change> {
    const wanted = { project: PROJECT, by: 'dev', files: { [`deploy/${text}.yaml`]: configMap(text) }, subject: text };
    const change = await this.gerrit.createChange(wanted);
    await this.gerrit.vote(change, { value: 2 });
    return change;
  }

  async head(): Promise<string> {
    const refs = await this.gerrit.project(PROJECT).bare.refs();
    return refs.get('refs/heads/main') ?? assert.fail('the branch is gone');
  }

  /** Resolves when the cluster runs a commit. */
  applied(commit: string): Promise<object> {
    return this.cluster.waitFor('Kustomization', 'apps', 'webapp', (object) => JSON.stringify(object).includes(`sha1:${commit}`), 60_000);
  }

  /** Resolves when somebody listens. */
  async listening(): Promise<void> {
    while (this.gerrit.ssh.streams === 0) await shortly();
  }

  /** A listener apart beside the server's own, with the same config. @returns what stops it */
  async listenTwice(): Promise<() => Promise<void>> {
    const stopping = new AbortController();
    const listening = listenApart({
      ...{ configPath: join(this.directory, 'headgate.yaml'), env: { PATH: process.env['PATH'] }, stderr: { write: () => true } },
      ...{ signal: stopping.signal, sources: ['review'], server: this.server.webhook.url, health: null, metrics: null },
    });
    while (this.gerrit.ssh.streams < 2) await shortly();
    return async () => {
      stopping.abort();
      await listening;
    };
  }

  /** Resolves when the server knows of a revision: Flux may have fetched it already when it was asked for the one before. */
  async heardOf(revision: string): Promise<void> {
    while ((await this.#list('changes', `&revision=${revision}`)).length === 0) await shortly();
  }

  /** When the server heard of a revision that it has brought somewhere, and what it did then. */
  async moments(revision: string): Promise<Moments> {
    const [change] = await this.#list('changes', `&revision=${revision}`);
    const story = (await this.#get(`changes/${change?.id ?? ''}`)) as {
      readonly delivery: { readonly receivedAt: string };
      readonly change: { readonly readBack: { readonly at: string } | null };
      readonly decisions: readonly { readonly at: string }[];
      readonly reconciles: readonly { readonly triggeredAt: string | null }[];
    };
    const moment = (text: string | null | undefined): number => Date.parse(text ?? assert.fail(`${revision} did not get that far`));
    return {
      heard: moment(story.delivery.receivedAt),
      confirmed: moment(story.change.readBack?.at),
      decided: moment(story.decisions[0]?.at),
      annotated: moment(story.reconciles[0]?.triggeredAt),
    };
  }

  /** What came of each revision, once nothing is pending any more. */
  async told(): Promise<readonly Told[]> {
    while ((await this.#list('deliveries', '&state=pending')).length > 0) await shortly();
    const reconciles = await this.#list('reconciles');
    const changes = await this.#list('changes');
    const revisions = [...new Set(changes.flatMap(({ revision }) => (revision && revision !== this.#first ? [revision] : [])))];
    const count = (items: readonly Listed[], of: string): number => items.filter(({ revision }) => revision === of).length;
    return revisions.map((revision) => ({ revision, changes: count(changes, revision), reconciles: count(reconciles, revision) }));
  }

  async verdicts(): Promise<readonly string[]> {
    return (await this.#list('decisions')).map(({ verdict }) => verdict ?? '');
  }

  /** Resolves when the source has been looked at so often from now on. */
  async swept(times: number): Promise<void> {
    const count = (): number => this.lines.filter((line) => line.includes('"swept"')).length;
    for (const until = count() + times; count() < until; ) await shortly();
  }

  /** Resolves when the stream of the source is in a state. */
  async streamIs(state: string): Promise<void> {
    for (;;) {
      const { sources } = (await this.#get('status')) as { readonly sources: readonly { readonly stream: { readonly state: string } }[] };
      if (sources[0]?.stream.state === state) return;
      await shortly();
    }
  }

  async deliveries(): Promise<readonly Listed[]> {
    return this.#list('deliveries');
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    await this.#cluster?.stop();
    await this.#gerrit?.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #start({ webhooks = false, interval = '1h' }: LossWorldOptions): Promise<void> {
    const gerrit = await startFakeGerrit({ clock: systemClock, log: silentLog, directory: join(this.directory, 'gerrit') });
    this.#gerrit = gerrit;
    const key = newSshKey();
    const { password } = gerrit.createAccount({ username: 'bot', groups: ['Service Users'], sshKeys: [key.publicKey] });
    gerrit.createAccount({ username: 'dev' });
    const { bare } = await gerrit.createProject({ name: PROJECT, files: { 'deploy/first.yaml': configMap('first') } });
    const url = `${gerrit.http.url}/a/${PROJECT}`;
    this.#cluster = await startFakeCluster({ clock: systemClock, log: silentLog, resolve: (asked) => (asked === url ? bare : undefined) });
    for (const object of objects(url)) this.cluster.apply(object);
    this.#first = await this.head();
    await this.applied(this.#first);
    mkdirSync(join(this.directory, 'policies'));
    const changes = [{ source: 'review', repositories: [PROJECT], refs: ['refs/heads/main'] }];
    const spec = { targets: [{ clusters: ['prod'], namespaces: ['apps'] }], changes };
    const files = {
      secret: SECRET,
      token: password,
      key: key.privateKey,
      known_hosts: gerrit.ssh.knownHosts,
      kubeconfig: this.cluster.kubeconfig(),
      'policies/apps.yaml': stringify({ apiVersion: 'headgate.dev/v1alpha1', kind: 'GatePolicy', metadata: { name: 'apps' }, spec }),
      'headgate.yaml': stringify(config(gerrit, interval)),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.directory, name), text, { mode: 0o600 });
    const write = (line: string): boolean => this.lines.push(line) > 0;
    const [configPath, env] = [join(this.directory, 'headgate.yaml'), { PATH: process.env['PATH'] }];
    this.#server = await startServer({ configPath, env, stderr: { write }, signal: new AbortController().signal });
    if (webhooks) this.#hook();
    while (!this.lines.some((line) => line.includes('"swept"'))) await shortly();
    await this.listening();
  }

  #hook(): void {
    this.gerrit.webhooks.put(PROJECT, 'headgate', {
      url: `${this.server.webhook.url}/hooks/review/${encodeURIComponent(SECRET)}`,
      events: ['ref-updated', 'change-merged'],
      ...{ connection_timeout: 5_000, socket_timeout: 5_000, max_tries: 5, retry_interval: 100, ssl_verify: false },
    });
  }

  async #get(path: string): Promise<unknown> {
    const token = readFileSync(join(this.directory, 'data/operator.token'), 'utf8').trim();
    const answer = await fetch(`${this.server.web.url}/v1/${path}`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer.json();
  }

  async #list(what: string, filter = ''): Promise<readonly Listed[]> {
    const items: Listed[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const answer = await this.#get(`${what}?limit=100${filter}${page}`);
      const { items: some, next } = answer as { readonly items: readonly Listed[]; readonly next: string | null };
      items.push(...some);
      cursor = next;
    }
    return items;
  }
}

interface Listed {
  readonly id?: string;
  readonly revision?: string | null;
  readonly verdict?: string;
  readonly kind?: string;
  readonly state?: string;
}

export function shortly(ms = 50): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function configMap(text: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${text}, namespace: apps }\ndata: { text: ${text} }\n`;
}

function objects(url: string): readonly object[] {
  const metadata = { name: 'webapp', namespace: 'apps' };
  const sourceRef = { kind: 'GitRepository', name: 'webapp' };
  return [
    { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', metadata, spec: { url, interval: '1h', ref: { branch: 'main' } } },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata,
      spec: { interval: '1h', prune: true, path: './deploy', sourceRef, targetNamespace: 'apps' },
    },
  ];
}

function config(gerrit: FakeGerrit, interval: string): object {
  const source = {
    ...{ name: 'review', type: 'gerrit', url: gerrit.http.url, sweep: { interval } },
    http: { user: 'bot', token: { file: './token' } },
    webhook: { secrets: [{ file: './secret' }] },
    ssh: { host: '127.0.0.1', port: gerrit.ssh.port, user: 'bot', key: { file: './key' }, knownHosts: { file: './known_hosts' } },
  };
  const spec = {
    listen: { webhook: any, web: any, metrics: any, health: any },
    clusters: [{ name: 'prod', kubeconfig: { path: './kubeconfig' } }],
    sources: [source],
    policies: { path: './policies' },
    log: { level: 'debug' },
  };
  return { apiVersion: 'headgate.dev/v1alpha1', kind: 'Config', spec };
}
