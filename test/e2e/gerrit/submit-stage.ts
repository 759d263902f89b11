import { mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeCluster, type FakeCluster } from '#sandbox/fake-cluster.ts';
import { currentPatchSet, type Change } from '#sandbox/gerrit/change.ts';
import { startFakeGerrit, type FakeGerrit } from '#sandbox/gerrit/fake-gerrit.ts';
import { newSshKey } from '#sandbox/gerrit/ssh/openssh-key.ts';
import { configMap, gitRepository, kustomization, namespaceObject } from '../../conformance/cluster/flux-objects.ts';
import { eventually } from '../../conformance/cluster/eventually.ts';
import { startComponent, type Component } from '../cluster/component.ts';
import { startHeadgate, type Headgate } from '../headgate/serve.ts';
import { uploadChain } from './upload-chain.ts';

export const PROJECT = 'org/app';
const NAMESPACE = 'apps';
const launcher = join(import.meta.dirname, '..', '..', '..', 'bin', 'headgate');

export interface StageOptions {
  /** Branches that a target each follows. */
  readonly branches: number;
  /** Changes that wait for their submit, on each branch. */
  readonly changes: number;
  /** Whether the webhooks plugin sends events as well. */
  readonly webhooks?: boolean;
}

/** One submit that was done. */
export interface Submitted {
  readonly number: number;
  readonly branch: string;
  readonly revision: string;
}

/** A simulated Gerrit and a simulated cluster in this process, and a real `headgate serve` between them. Nothing is swept on an interval. */
export class SubmitStage {
  readonly submitted: Submitted[] = [];
  readonly branches: number;
  readonly #directory = mkdtempSync(join(tmpdir(), 'headgate-submits-'));
  readonly #waiting: Change[] = [];
  readonly #listeners: Component[] = [];
  #gerrit: FakeGerrit | undefined;
  #cluster: FakeCluster | undefined;
  #headgate: Headgate | undefined;

  private constructor({ branches }: Pick<StageOptions, 'branches'>) {
    this.branches = branches;
  }

  static async start(options: StageOptions): Promise<SubmitStage> {
    const stage = new SubmitStage(options);
    try {
      await stage.#start(options);
      return stage;
    } catch (error) {
      await stage.stop(true);
      throw error;
    }
  }

  get gerrit(): FakeGerrit {
    return started(this.#gerrit);
  }

  get cluster(): FakeCluster {
    return started(this.#cluster);
  }

  get headgate(): Headgate {
    return started(this.#headgate);
  }

  /** How many changes wait for their submit. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Submits the next changes that wait, one after the other, a branch after the other. */
  async submit(count = 1): Promise<void> {
    for (const change of this.#waiting.splice(0, count)) {
      await this.gerrit.submit(change);
      this.submitted.push({ number: change.number, branch: change.branch, revision: currentPatchSet(change).revision });
    }
  }

  /** Resolves when so many listen. */
  async listening(count = 1): Promise<void> {
    await eventually(async () => {
      if (this.gerrit.ssh.streams < count) throw new Error(`${this.gerrit.ssh.streams} listen`);
    }, 30_000);
  }

  /** Starts a `headgate listen` beside the server, which listens too. */
  async listenTwice(): Promise<void> {
    const { directory } = this.headgate;
    const args = ['listen', '--config', join(directory, 'headgate.yaml'), '--source', 'hub', '--health', 'none', '--metrics', 'none'];
    this.#listeners.push(
      await startComponent({ name: 'headgate listen', command: launcher, args, log: join(directory, 'listen.log'), cwd: directory }),
    );
    await this.listening(2);
  }

  /** How many lines of the server's log have this message. */
  async logged(message: string): Promise<number> {
    return (await readFile(this.headgate.log, 'utf8')).split(`"${message}"`).length - 1;
  }

  /** Resolves when the cluster runs a commit of a branch. */
  async applied(branch: string, revision: string, within = 90_000): Promise<void> {
    await this.cluster.waitFor('Kustomization', NAMESPACE, branch, (object) => JSON.stringify(object).includes(`sha1:${revision}`), within);
  }

  /** @param keep leaves the server's files and says where */
  async stop(keep = false): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.stop()));
    await this.#headgate?.stop(keep);
    await this.#cluster?.stop();
    await this.#gerrit?.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #start({ branches, changes, webhooks = false }: StageOptions): Promise<void> {
    const gerrit = await startFakeGerrit({ clock: systemClock, log: silentLog, directory: join(this.#directory, 'gerrit') });
    this.#gerrit = gerrit;
    const names = Array.from({ length: branches }, (_, n) => `line-${n}`);
    await this.#cultivate(gerrit, names);
    await this.#upload(gerrit, names, changes);
    this.#headgate = await this.#serve(gerrit);
    if (webhooks) this.#hook(gerrit);
    await this.listening();
    await eventually(async () => {
      if ((await this.logged('swept')) === 0) throw new Error('not swept yet');
    }, 30_000);
  }

  /** The branches, and what follows each of them. */
  async #cultivate(gerrit: FakeGerrit, branches: readonly string[]): Promise<void> {
    gerrit.createAccount({ username: 'dev' });
    const files = Object.fromEntries(branches.map((name) => [`${name}/config.yaml`, configMap(name, { step: 'none' })]));
    await gerrit.createProject({ name: PROJECT, files });
    const cluster = await startFakeCluster({ clock: systemClock, log: silentLog, resolve: (url) => gerrit.resolve(url) });
    this.#cluster = cluster;
    cluster.apply(namespaceObject(NAMESPACE));
    for (const branch of branches) {
      await gerrit.createBranch(PROJECT, branch);
      cluster.apply(gitRepository(NAMESPACE, branch, `${gerrit.http.url}/a/${PROJECT}`, { ref: { branch } }));
      cluster.apply(kustomization(NAMESPACE, branch, branch, { path: `./${branch}` }));
    }
    const first = await gerrit.project(PROJECT).git.ref('refs/heads/main');
    for (const branch of branches) await this.applied(branch, first);
  }

  async #upload(gerrit: FakeGerrit, branches: readonly string[], count: number): Promise<void> {
    const chains: (readonly Change[])[] = [];
    for (const branch of branches) chains.push(await uploadChain(gerrit, { project: PROJECT, branch, count, by: 'dev' }));
    for (let n = 0; n < count; n++) this.#waiting.push(...chains.flatMap((chain) => chain[n] ?? []));
  }

  #serve(gerrit: FakeGerrit): Promise<Headgate> {
    const key = newSshKey();
    const { password } = gerrit.createAccount({ username: 'bot', groups: ['Service Users'], sshKeys: [key.publicKey] });
    const ssh = { host: '127.0.0.1', port: gerrit.ssh.port, user: 'bot', key: { file: './key' }, knownHosts: { file: './known_hosts' } };
    const http = { user: 'bot', token: { file: './token' } };
    const changes = [{ source: 'hub', repositories: [PROJECT], refs: ['refs/heads/line-*'], reviewed: true }];
    const spec = { targets: [{ clusters: ['prod'], namespaces: [NAMESPACE] }], changes };
    return startHeadgate({
      clusters: [{ name: 'prod', kubeconfig: './kubeconfig' }],
      sourceUrl: gerrit.http.url,
      source: { type: 'gerrit', http, ssh, sweep: { interval: '1h' } },
      files: { key: key.privateKey, token: password, known_hosts: gerrit.ssh.knownHosts, kubeconfig: this.cluster.kubeconfig() },
      policies: [{ apiVersion: 'headgate.dev/v1alpha1', kind: 'GatePolicy', metadata: { name: 'reviewed' }, spec }],
    });
  }

  #hook(gerrit: FakeGerrit): void {
    const { hook, secret } = this.headgate;
    gerrit.webhooks.put(PROJECT, 'headgate', {
      url: `${hook}/${encodeURIComponent(secret)}`,
      events: ['ref-updated', 'change-merged'],
      ...{ connection_timeout: 5_000, socket_timeout: 5_000, max_tries: 5, retry_interval: 200, ssl_verify: false },
    });
  }
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('it has not started');
  return part;
}
