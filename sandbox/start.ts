import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Clock } from '#core/clock.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { startFakeCluster, type FakeCluster } from '#sandbox/fake-cluster.ts';
import { startFakeGithub, type FakeGithub } from '#sandbox/fake-github.ts';
import { startFakeGerrit, type FakeGerrit } from '#sandbox/gerrit/fake-gerrit.ts';
import { seedGerrit, type GerritKeys } from '#sandbox/seed/gerrit.ts';
import { isReady } from '#sandbox/flux/flux-objects.ts';
import { GitRunner } from '#sandbox/git/git-runner.ts';
import type { SourceRepository } from '#sandbox/git/source-repository.ts';
import { startHgHost, type HgHost } from '#sandbox/hg/hg-host.ts';
import { FakeRegistry } from '#sandbox/oci/fake-registry.ts';
import { BREAD, HG, mercurialObjects, type MercurialAddress } from '#sandbox/seed/mercurial.ts';
import { closeServer, listenOn } from '#sandbox/listen.ts';
import { freshDirectory, writePrivate } from '#sandbox/sandbox-directory.ts';
import {
  CLUSTER,
  configDocument,
  defaultListen,
  mercurialPolicies,
  policyDocuments,
  REVIEW,
  SOURCE,
  type Listen,
} from '#sandbox/seed/documents.ts';
import { fluxControllers } from '#sandbox/seed/flux-controllers.ts';
import { HOTFIX, seedObjects, SUSPENDED } from '#sandbox/seed/flux-objects.ts';
import { breadFiles, paymentsFiles, shopFiles } from '#sandbox/seed/repositories.ts';

export interface SandboxOptions {
  /** Deleted and made anew when an earlier sandbox made it; refused when somebody else did. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Where the server will listen; default its own default ports. Port 0 = any free one. */
  readonly listen?: Listen;
  /** $PATH to find git in, and hg. */
  readonly path?: string;
  /** Whether Mercurial is shown, where there is an hg; default false. */
  readonly mercurial?: boolean;
}

/** Everything around a Headgate server: a cluster, a GitHub, a Gerrit, and the files that the server starts from. */
export interface Sandbox {
  readonly directory: string;
  readonly configPath: string;
  readonly cluster: FakeCluster;
  readonly github: FakeGithub;
  /** With the project `acme/menu`, and the accounts `cook`, `waiter` and `headgate`. */
  readonly gerrit: FakeGerrit;
  /** A real Mercurial with the repository `bread`; in words why there is none, null when nobody asked for one. */
  readonly mercurial: HgHost | string | null;
  /** Clone URL of `acme/shop`, which a target with two consumers follows. */
  readonly shopUrl: string;
  /** Lets the simulated GitHub send its webhooks to the server. @param webhook base URL of the server's webhook listener */
  connect(webhook: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the fakes on loopback, seeds them, waits until the cluster has applied what is there, and writes config, kubeconfig,
 * policies and the webhook secret into the directory.
 * @throws HeadgateError TOOL_MISSING (no git), PORT_BUSY (an address of `listen`), SANDBOX_DIRECTORY
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { directory, clock, log, listen = defaultListen } = options;
  const git = new GitRunner(options.path);
  await git.version();
  await assertFree(listen); // before anything is deleted: a sandbox may be running in that directory
  await freshDirectory(directory);
  await using starting = new AsyncDisposableStack();
  const coming = startMercurial(options);
  starting.defer(async () => (await coming).stop());
  const github = await startFakeGithub({ clock, log, git, directory: join(directory, 'git') });
  starting.defer(() => github.stop());
  const gerrit = await startFakeGerrit({ clock, log, git, directory: join(directory, 'gerrit') });
  starting.defer(() => gerrit.stop());
  const keys = await seedGerrit(gerrit);
  const flux = { deploymentsBecomeReady: true, fetchesOci: true };
  const resolve = (url: string): SourceRepository | undefined => github.resolve(url) ?? gerrit.resolve(url);
  const cluster = await startFakeCluster({ clock, log, flux, context: CLUSTER, resolve });
  starting.defer(() => cluster.stop());
  const shopUrl = await seed(github, gerrit, cluster);
  const secret = randomBytes(24).toString('hex');
  const { host: mercurial, address } = await coming;
  for (const object of address ? mercurialObjects(address) : []) cluster.apply(object);
  await writeFiles(directory, { listen, github, gerrit, keys, cluster, secret, address });
  if (isThere(mercurial)) await writePrivate(join(directory, 'secrets', `${HG}-hook`), `${mercurial.secret}\n`);
  const running = starting.move();
  return {
    directory,
    configPath: join(directory, 'headgate.yaml'),
    cluster,
    github,
    gerrit,
    mercurial,
    shopUrl,
    async connect(webhook) {
      github.setWebhook({ url: `${webhook}/hooks/${SOURCE}`, secret });
      if (isThere(mercurial)) await mercurial.connect(`${webhook}/hooks/${HG}`);
    },
    stop: () => running.disposeAsync(),
  };
}

async function seed(github: FakeGithub, gerrit: FakeGerrit, cluster: FakeCluster): Promise<string> {
  const shop = await github.createRepository('acme/shop');
  const payments = await github.createRepository('acme/payments');
  const first = await github.push({ repository: 'acme/shop', files: shopFiles, message: 'Open the shop' });
  if (first.after !== null) await github.tag('acme/shop', 'v1.0.0', first.after);
  await github.push({ repository: 'acme/payments', files: paymentsFiles, message: 'Take payments' });
  await github.push({ repository: 'acme/payments', branch: HOTFIX, files: paymentsFiles, message: 'Begin a hotfix' });
  for (const namespace of ['shop', 'payments', 'menu', 'bread']) {
    cluster.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: 'deployer' } });
  }
  for (const object of [...fluxControllers(), ...seedObjects({ shop, payments, menu: `${gerrit.http.url}/acme/menu` })])
    cluster.apply(object);
  await Promise.all([allReady(cluster, 'GitRepository'), allReady(cluster, 'Kustomization')]);
  cluster.patch('GitRepository', 'shop', SUSPENDED, { spec: { suspend: true } });
  return shop;
}

function allReady(cluster: FakeCluster, kind: string): Promise<unknown> {
  const objects = cluster.list(kind).map(({ metadata }) => metadata);
  return Promise.all(objects.map(({ namespace = '', name }) => cluster.waitFor(kind, namespace, name, isReady)));
}

function isThere(host: HgHost | string | null): host is HgHost {
  return host !== null && typeof host !== 'string';
}

interface Mercurial {
  readonly host: HgHost | string | null;
  readonly address: MercurialAddress | null;
  stop(): Promise<void>;
}

/** Beside everything else: what becomes of it keeps nothing from starting. */
async function startMercurial({ directory, clock, path, mercurial = false }: SandboxOptions): Promise<Mercurial> {
  const none = { address: null, stop: () => Promise.resolve() };
  if (!mercurial) return { ...none, host: null };
  const seed = { clock, path, directory: join(directory, 'hg'), repository: BREAD.repository, files: breadFiles };
  const host = await startHgHost(seed, randomBytes(24).toString('hex'));
  if (typeof host === 'string') return { ...none, host };
  const registry = await new FakeRegistry().start();
  const stop = async (): Promise<void> => void (await Promise.all([host.stop(), registry.stop()]));
  return { host, address: { url: host.url, registry: registry.host }, stop };
}

interface Written {
  readonly listen: Listen;
  readonly github: FakeGithub;
  readonly gerrit: FakeGerrit;
  readonly keys: GerritKeys;
  readonly cluster: FakeCluster;
  readonly secret: string;
  readonly address: MercurialAddress | null;
}

async function writeFiles(directory: string, { listen, github, gerrit, keys, cluster, secret, address }: Written): Promise<void> {
  await writePrivate(
    join(directory, 'headgate.yaml'),
    configDocument(listen, github.url, { url: gerrit.http.url, sshPort: gerrit.ssh.port }, address),
  );
  await writePrivate(join(directory, 'kubeconfig'), cluster.kubeconfig());
  await writePrivate(join(directory, 'secrets', `${SOURCE}-webhook`), `${secret}\n`);
  const token = randomBytes(24).toString('hex');
  github.rest.addToken(token);
  await writePrivate(join(directory, 'secrets', `${SOURCE}-api`), `${token}\n`);
  await writePrivate(join(directory, 'secrets', `${REVIEW}-key`), keys.privateKey);
  await writePrivate(join(directory, 'secrets', `${REVIEW}-token`), `${keys.token}\n`);
  await writePrivate(join(directory, 'secrets', `${REVIEW}-known-hosts`), gerrit.ssh.knownHosts);
  for (const [name, text] of Object.entries({ ...policyDocuments, ...(address ? mercurialPolicies : {}) }))
    await writePrivate(join(directory, 'policies', name), text);
}

/** @throws HeadgateError PORT_BUSY */
async function assertFree({ webhook, web, metrics, health }: Listen): Promise<void> {
  for (const address of [webhook, web, metrics, health]) {
    const cut = address.lastIndexOf(':');
    const server = createServer();
    await listenOn(server, Number(address.slice(cut + 1)), address.slice(0, cut));
    await closeServer(server);
  }
}
