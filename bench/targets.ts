import { gitRepository, kustomization, namespaceObject } from '../test/conformance/cluster/flux-objects.ts';
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
  const { namespace, secret, names } = options;
  const credentials = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: 'webhook' }, stringData: { token: secret } };
  await createObjects(cluster, options);
  await cluster.apply(credentials);
  await applyAll(
    cluster,
    names.map((name) => receiver(namespace, name) as Manifest),
  );
  const paths = await receiverPaths(cluster, namespace, names);
  return names.map((name, index) => ({ name, repository: repositoryOf(name), receiverPath: paths[index] ?? '' }));
}

/** Creates GitRepositories and a Kustomization on each. */
export async function createObjects(cluster: RealCluster, { namespace, forge, names }: TargetsOptions): Promise<void> {
  await cluster.apply(namespaceObject(namespace) as Manifest);
  const objects = names.flatMap((name) => [
    gitRepository(namespace, name, `${forge}/${repositoryOf(name)}.git`),
    kustomization(namespace, name, name),
  ]);
  await applyAll(cluster, objects as Manifest[]);
}

/** A few at a time. */
async function applyAll(cluster: RealCluster, manifests: readonly Manifest[]): Promise<void> {
  const rest = manifests.values();
  const work = async (): Promise<void> => {
    for (const manifest of rest) await cluster.apply(manifest);
  };
  await Promise.all(Array.from({ length: 4 }, work));
}

function repositoryOf(name: string): string {
  return `org/${name}`;
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

interface ReceiverList {
  readonly items: readonly { readonly metadata: { readonly name: string }; readonly status?: { readonly webhookPath?: string } }[];
}

/** A Receiver is Ready before its path stands in its status. */
async function receiverPaths(cluster: RealCluster, namespace: string, names: readonly string[]): Promise<readonly string[]> {
  const path = `/apis/notification.toolkit.fluxcd.io/v1/namespaces/${namespace}/receivers`;
  const deadline = Date.now() + 60_000;
  for (;;) {
    const { items } = JSON.parse((await cluster.admin.get(path)).text) as ReceiverList;
    const found = new Map(items.map(({ metadata, status }) => [metadata.name, status?.webhookPath]));
    const paths = names.flatMap((name) => found.get(name) || []);
    if (paths.length === names.length) return paths;
    if (Date.now() > deadline) throw new Error(`${names.length - paths.length} Receivers have no path after a minute`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
