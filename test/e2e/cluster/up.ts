import { mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeClient } from '../../conformance/cluster/kube-client.ts';
import { ADMIN_TOKEN, startApiServer, type ApiServer } from './api-server.ts';
import { applyManifest, readManifests, type Manifest } from './apply.ts';
import { buildComponents, type Components } from './build.ts';
import { startComponent, untilReady, type Component } from './component.ts';
import { startControllers, type ControllerName, type Controllers } from './controllers.ts';
import { freePorts } from './free-ports.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { duration, say } from './say.ts';

const rbacFile = join(import.meta.dirname, '..', '..', '..', 'deploy', 'rbac.yaml');

export interface ClusterOptions {
  /** For messages, and the name of the kubeconfigs' context. */
  readonly name: string;
  /** Default: source and kustomize. */
  readonly controllers?: readonly ControllerName[];
  /** kustomize-controller gives up a health check when a newer revision arrives (feature gate CancelHealthCheckOnNewRevision). */
  readonly cancelHealthChecks?: boolean;
}

/** A real etcd, a real API server and real Flux controllers on loopback ports of their own. */
export interface RealCluster {
  readonly name: string;
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly adminToken: string;
  /** Token of the service account of deploy/rbac.yaml. */
  readonly headgateToken: string;
  /** Paths. The context has the cluster's name. */
  readonly kubeconfigs: { readonly admin: string; readonly headgate: string };
  /** Speaks to it with all rights. */
  readonly admin: KubeClient;
  /** All state and all logs (`*.log`). */
  readonly directory: string;
  readonly apiServer: ApiServer;
  readonly controllers: Controllers;
  /** Creates the object or makes it what is given. */
  apply(object: Manifest): Promise<void>;
  /** Ends all processes. @param keep leaves the logs where they are and says where */
  stop(keep?: boolean): Promise<void>;
}

/** Builds what is needed (once), then starts a cluster. Several may run at once. */
export async function startCluster(options: ClusterOptions): Promise<RealCluster> {
  const components = await buildComponents();
  const begun = Date.now();
  const directory = mkdtempSync(join(tmpdir(), `headgate-cluster-${options.name}-`));
  const started: { stop(): Promise<void> }[] = [];
  try {
    const cluster = await bringUp(options, components, directory, started);
    say(`✔ cluster ${options.name} is up (${duration(Date.now() - begun)}, ${cluster.server})`);
    return cluster;
  } catch (error) {
    await stopAll(started);
    say(`✗ cluster ${options.name} did not come up; its logs are in ${directory}`);
    throw error;
  }
}

async function bringUp(
  options: ClusterOptions,
  components: Components,
  directory: string,
  started: { stop(): Promise<void> }[],
): Promise<RealCluster> {
  const ports = await freePorts('api', 'etcd', 'etcdPeer');
  const etcd = await startEtcd(components, directory, ports);
  started.push(etcd);
  const program = join(components.bin, 'kube-apiserver');
  const apiServer = await startApiServer({ program, directory, port: ports.api, etcdUrl: `http://127.0.0.1:${ports.etcd}` });
  started.push(apiServer);
  const admin = new KubeClient({ server: apiServer.url, ca: apiServer.ca, token: ADMIN_TOKEN });
  const kubeconfigs = { admin: join(directory, 'admin.kubeconfig'), headgate: join(directory, 'headgate.kubeconfig') };
  writeKubeconfig(kubeconfigs.admin, options.name, { server: apiServer.url, caFile: apiServer.caFile, token: ADMIN_TOKEN });

  const [headgateToken] = await Promise.all([
    grantAccess(admin),
    defineResources(admin, components.crds),
    makeNamespace(admin, 'flux-system'),
  ]);
  writeKubeconfig(kubeconfigs.headgate, options.name, { server: apiServer.url, caFile: apiServer.caFile, token: headgateToken });

  const controllers = await startControllers({
    bin: components.bin,
    directory,
    kubeconfig: kubeconfigs.admin,
    names: options.controllers ?? ['source', 'kustomize'],
    cancelHealthChecks: options.cancelHealthChecks ?? false,
  });
  started.push(...controllers.components.values());
  return {
    name: options.name,
    server: apiServer.url,
    ca: apiServer.ca,
    adminToken: ADMIN_TOKEN,
    headgateToken,
    kubeconfigs,
    admin,
    directory,
    apiServer,
    controllers,
    apply: (object) => applyManifest(admin, object),
    async stop(keep = false) {
      await stopAll(started);
      if (keep) say(`► the logs of cluster ${options.name} are in ${directory}`);
      else await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What was started last is stopped first. */
async function stopAll(started: { stop(): Promise<void> }[]): Promise<void> {
  const [etcd, apiServer, ...controllers] = started.splice(0);
  await Promise.all(controllers.map((component) => component.stop()));
  await apiServer?.stop();
  await etcd?.stop();
}

async function startEtcd(components: Components, directory: string, ports: { etcd: number; etcdPeer: number }): Promise<Component> {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  const etcd = await startComponent({
    name: 'etcd',
    command: join(components.bin, 'etcd'),
    log: join(directory, 'etcd.log'),
    args: [
      '--name=test',
      `--data-dir=${join(directory, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=test=${peer}`,
    ],
  });
  await untilReady(etcd, () => canConnect(ports.etcd));
  return etcd;
}

function canConnect(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
}

async function makeNamespace(admin: KubeClient, name: string): Promise<void> {
  await applyManifest(admin, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

/** Gives Headgate's account the rights of deploy/rbac.yaml, that very file, and answers a token for it. */
async function grantAccess(admin: KubeClient): Promise<string> {
  for (const object of readManifests(rbacFile)) await applyManifest(admin, object);
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 24 * 60 * 60 } };
  const answer = await admin.post('/api/v1/namespaces/headgate/serviceaccounts/headgate/token', review);
  const { status } = JSON.parse(answer.text) as { status?: { token?: string } };
  if (status?.token === undefined) throw new Error(`no token for the account headgate: ${answer.text}`);
  return status.token;
}

async function defineResources(admin: KubeClient, directory: string): Promise<void> {
  const definitions = readdirSync(directory).flatMap((file) => readManifests(join(directory, file)));
  await Promise.all(definitions.map((definition) => defineResource(admin, definition)));
}

/** Creates a CustomResourceDefinition and resolves when its objects are served. */
export async function defineResource(admin: KubeClient, definition: Manifest): Promise<void> {
  await applyManifest(admin, definition);
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition.metadata.name}`;
  const deadline = Date.now() + 30_000;
  for (;;) {
    const { status } = JSON.parse((await admin.get(path)).text) as { status?: { conditions?: { type: string; status: string }[] } };
    if (status?.conditions?.some((each) => each.type === 'Established' && each.status === 'True')) return;
    if (Date.now() > deadline) throw new Error(`${definition.metadata.name} is not served after 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
