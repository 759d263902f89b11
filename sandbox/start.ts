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
import { closeServer, listenOn } from '#sandbox/listen.ts';
import { freshDirectory, writePrivate } from '#sandbox/sandbox-directory.ts';
import { CLUSTER, configDocument, defaultListen, policyDocuments, REVIEW, SOURCE, type Listen } from '#sandbox/seed/documents.ts';
import { fluxControllers } from '#sandbox/seed/flux-controllers.ts';
import { HOTFIX, seedObjects, SUSPENDED } from '#sandbox/seed/flux-objects.ts';
import { paymentsFiles, shopFiles } from '#sandbox/seed/repositories.ts';

export interface SandboxOptions {
  /** Deleted and made anew when an earlier sandbox made it; refused when somebody else did. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Where the server will listen; default its own default ports. Port 0 = any free one. */
  readonly listen?: Listen;
  /** $PATH to find git in. */
  readonly path?: string;
}

/** Everything around a Headgate server: a cluster, a GitHub, a Gerrit, and the files that the server starts from. */
export interface Sandbox {
  readonly directory: string;
  readonly configPath: string;
  readonly cluster: FakeCluster;
  readonly github: FakeGithub;
  /** With the project `acme/menu`, and the accounts `cook`, `waiter` and `headgate`. */
  readonly gerrit: FakeGerrit;
  /** Clone URL of `acme/shop`, which a target with two consumers follows. */
  readonly shopUrl: string;
  /** Lets the simulated GitHub send its webhooks to the server. @param webhook base URL of the server's webhook listener */
  connect(webhook: string): void;
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
  const github = await startFakeGithub({ clock, log, git, directory: join(directory, 'git') });
  starting.defer(() => github.stop());
  const gerrit = await startFakeGerrit({ clock, log, git, directory: join(directory, 'gerrit') });
  starting.defer(() => gerrit.stop());
  const keys = await seedGerrit(gerrit);
  const flux = { deploymentsBecomeReady: true };
  const resolve = (url: string): SourceRepository | undefined => github.resolve(url) ?? gerrit.resolve(url);
  const cluster = await startFakeCluster({ clock, log, flux, context: CLUSTER, resolve });
  starting.defer(() => cluster.stop());
  const shopUrl = await seed(github, gerrit, cluster);
  const secret = randomBytes(24).toString('hex');
  await writeFiles(directory, { listen, github, gerrit, keys, cluster, secret });
  const running = starting.move();
  return {
    directory,
    configPath: join(directory, 'headgate.yaml'),
    cluster,
    github,
    gerrit,
    shopUrl,
    connect: (webhook) => github.setWebhook({ url: `${webhook}/hooks/${SOURCE}`, secret }),
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
  for (const namespace of ['shop', 'payments', 'menu']) {
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

interface Written {
  readonly listen: Listen;
  readonly github: FakeGithub;
  readonly gerrit: FakeGerrit;
  readonly keys: GerritKeys;
  readonly cluster: FakeCluster;
  readonly secret: string;
}

async function writeFiles(directory: string, { listen, github, gerrit, keys, cluster, secret }: Written): Promise<void> {
  await writePrivate(
    join(directory, 'headgate.yaml'),
    configDocument(listen, github.url, { url: gerrit.http.url, sshPort: gerrit.ssh.port }),
  );
  await writePrivate(join(directory, 'kubeconfig'), cluster.kubeconfig());
  await writePrivate(join(directory, 'secrets', `${SOURCE}-webhook`), `${secret}\n`);
  const token = randomBytes(24).toString('hex');
  github.rest.addToken(token);
  await writePrivate(join(directory, 'secrets', `${SOURCE}-api`), `${token}\n`);
  await writePrivate(join(directory, 'secrets', `${REVIEW}-key`), keys.privateKey);
  await writePrivate(join(directory, 'secrets', `${REVIEW}-token`), `${keys.token}\n`);
  await writePrivate(join(directory, 'secrets', `${REVIEW}-known-hosts`), gerrit.ssh.knownHosts);
  for (const [name, text] of Object.entries(policyDocuments)) await writePrivate(join(directory, 'policies', name), text);
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
