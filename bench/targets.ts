import { gitRepository, gitRepositoryPath, kustomization, namespaceObject, expectOk } from '../test/conformance/cluster/flux-objects.ts';
import type { Manifest } from '../test/e2e/cluster/apply.ts';
import type { RealCluster } from '../test/e2e/cluster/up.ts';

/** A GitRepository, the repository that it follows, and the Receiver that annotates it. */
export interface BenchTarget {
  readonly name: string;
  /** `org/app-7` */
  readonly repository: string;
  /** Path of its Receiver: `/hook/<hex>`. */
  readonly receiverPath: string;
}

export interface TargetsOptions {
  readonly namespace: string;
  /** Base of the repositories' URLs. */
  readonly forge: string;
  /** Of the Receivers. */
  readonly secret: string;
  readonly names: readonly string[];
}

/** Creates GitRepositories, a Kustomization on each, and a Receiver for each. Resolves when the Receivers have their paths. */
export async function createTargets(cluster: RealCluster, options: TargetsOptions): Promise<readonly BenchTarget[]> {
  const { namespace, secret } = options;
  const credentials = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: 'webhook' }, stringData: { token: secret } };
  await cluster.apply(namespaceObject(namespace) as Manifest);
  await cluster.apply(credentials);
  for (const name of options.names) await createTarget(cluster, options, name);
  return Promise.all(
    options.names.map(async (name) => ({
      name,
      repository: repositoryOf(name),
      receiverPath: await receiverPath(cluster, namespace, name),
    })),
  );
}

function repositoryOf(name: string): string {
  return `org/${name}`;
}

async function createTarget(cluster: RealCluster, { namespace, forge }: TargetsOptions, name: string): Promise<void> {
  await cluster.apply(gitRepository(namespace, name, `${forge}/${repositoryOf(name)}.git`) as Manifest);
  await cluster.apply(kustomization(namespace, name, name) as Manifest);
  await cluster.apply(receiver(namespace, name) as Manifest);
}

/** What `flux create receiver --type github` writes. */
function receiver(namespace: string, name: string): object {
  return {
    apiVersion: 'notification.toolkit.fluxcd.io/v1',
    kind: 'Receiver',
    metadata: { namespace, name },
    spec: {
      type: 'github',
      events: ['ping', 'push'],
      secretRef: { name: 'webhook' },
      resources: [{ apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', name }],
    },
  };
}

/** A Receiver is Ready before its path stands in its status. */
async function receiverPath(cluster: RealCluster, namespace: string, name: string): Promise<string> {
  const path = `/apis/notification.toolkit.fluxcd.io/v1/namespaces/${namespace}/receivers/${name}`;
  const deadline = Date.now() + 30_000;
  for (;;) {
    const { status } = JSON.parse((await cluster.admin.get(path)).text) as { status?: { webhookPath?: string } };
    if (status?.webhookPath) return status.webhookPath;
    if (Date.now() > deadline) throw new Error(`the Receiver ${name} has no path after 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** `status.artifact.revision` of a GitRepository, undefined before its first artifact. */
export async function artifactOf(cluster: RealCluster, namespace: string, name: string): Promise<string | undefined> {
  return expectOk(await cluster.admin.get(gitRepositoryPath(namespace, name))).status?.artifact?.revision;
}
