import assert from 'node:assert/strict';
import type { ClusterUnderTest, GitUnderTest } from './cluster-under-test.ts';
import { KubeClient, type Condition, type KubeObject, type Watch } from './kube-client.ts';

export const REQUESTED_AT = 'reconcile.fluxcd.io/requestedAt';

/** Long enough that nothing happens by polling during a test. */
const INTERVAL = '1h';

export function gitRepositoryPath(namespace: string, name = ''): string {
  return join(`/apis/source.toolkit.fluxcd.io/v1/namespaces/${namespace}/gitrepositories`, name);
}

export function kustomizationPath(namespace: string, name = ''): string {
  return join(`/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${namespace}/kustomizations`, name);
}

export function configMapPath(namespace: string, name: string): string {
  return join(`/api/v1/namespaces/${namespace}/configmaps`, name);
}

function join(collection: string, name: string): string {
  return name === '' ? collection : `${collection}/${name}`;
}

export function namespaceObject(name: string): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

export function gitRepository(namespace: string, name: string, url: string, spec: object = { ref: { branch: 'main' } }): object {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { namespace, name },
    spec: { url, interval: INTERVAL, ...spec },
  };
}

export function kustomization(namespace: string, name: string, source: string, spec: object = {}): object {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { namespace, name },
    spec: {
      interval: INTERVAL,
      path: './deploy',
      prune: true,
      targetNamespace: namespace,
      sourceRef: { kind: 'GitRepository', name: source },
      ...spec,
    },
  };
}

export function configMap(name: string, data: Readonly<Record<string, string>>): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
}

/** A Deployment that never becomes available: its image is on a host that cannot exist (RFC 2606). */
export function stuckDeployment(name: string): string {
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image: 'registry.invalid/never-starts:1' }] },
      },
    },
  });
}

export function ready(object: KubeObject): Condition | undefined {
  return condition(object, 'Ready');
}

export function condition(object: KubeObject, type: string): Condition | undefined {
  return object.status?.conditions?.find((each) => each.type === type);
}

/** Ready is True for the spec as it is now. */
export function isReady(object: KubeObject): boolean {
  const found = ready(object);
  return found?.status === 'True' && found.observedGeneration === object.metadata.generation;
}

/** Ready is False for the spec as it is now. */
export function isFailed(object: KubeObject): boolean {
  const found = ready(object);
  return found?.status === 'False' && found.observedGeneration === object.metadata.generation;
}

/** One namespace with one repository, one GitRepository `app` that follows it and one Kustomization `app` that applies ./deploy. */
export interface Stack {
  readonly namespace: string;
  readonly git: GitUnderTest;
  readonly kube: KubeClient;
  readonly source: string;
  readonly consumer: string;
  /** Revision string of the commit that is applied already. */
  readonly first: string;
  /** Asks the source for a reconcile and answers the token. */
  request(path?: string): Promise<string>;
  read(path: string): Promise<KubeObject>;
  patch(path: string, body: object): Promise<KubeObject>;
  /** Watches one object from now on. */
  follow(path: string): Promise<Watch>;
  /** The object, as soon as it satisfies `fits`. */
  until(path: string, fits: (object: KubeObject) => boolean, within?: number): Promise<KubeObject>;
}

/** Brings a Stack up and waits until its first commit is applied. */
export async function openStack(cluster: ClusterUnderTest, namespace: string): Promise<Stack> {
  const git = await cluster.repository(namespace);
  const sha = await git.commit({ 'deploy/config.yaml': configMap('app', { version: 'one' }) });
  await cluster.apply(namespaceObject(namespace));
  await cluster.apply(gitRepository(namespace, 'app', git.url));
  await cluster.apply(kustomization(namespace, 'app', 'app'));
  const stack = stackOf(new KubeClient(cluster), namespace, git, `main@sha1:${sha}`);
  await stack.until(stack.consumer, (object) => isReady(object) && object.status?.lastAppliedRevision === stack.first);
  return stack;
}

function stackOf(kube: KubeClient, namespace: string, git: GitUnderTest, first: string): Stack {
  const source = gitRepositoryPath(namespace, 'app');
  const read = async (path: string): Promise<KubeObject> => expectOk(await kube.get(path));
  const patch = async (path: string, body: object): Promise<KubeObject> => expectOk(await kube.mergePatch(path, body));
  const follow = (path: string, version?: string): Promise<Watch> => followObject(kube, path, version);
  return {
    namespace,
    git,
    kube,
    source,
    consumer: kustomizationPath(namespace, 'app'),
    first,
    read,
    patch,
    follow,
    async request(path = source) {
      const token = newToken();
      await patch(path, { metadata: { annotations: { [REQUESTED_AT]: token } } });
      return token;
    },
    async until(path, fits, within) {
      const now = await read(path);
      if (fits(now)) return now;
      const watch = await follow(path, now.metadata.resourceVersion);
      try {
        return (await watch.next((event) => event.type !== 'ERROR' && fits(event.object), within)).object;
      } finally {
        watch.close();
      }
    },
  };
}

async function followObject(kube: KubeClient, path: string, version?: string): Promise<Watch> {
  const from = version ?? expectOk(await kube.get(path)).metadata.resourceVersion;
  const cut = path.lastIndexOf('/');
  const name = path.slice(cut + 1);
  return kube.watch(
    `${path.slice(0, cut)}?resourceVersion=${from}`,
    (event) => event.type === 'ERROR' || event.object.metadata.name === name,
  );
}

export function expectOk(answer: { readonly status: number; readonly text: string; object(): KubeObject }): KubeObject {
  assert.ok(answer.status >= 200 && answer.status < 300, `answered ${answer.status}: ${answer.text}`);
  return answer.object();
}

/** A value for `requestedAt` that no one has used before. */
function newToken(): string {
  return `${new Date().toISOString().slice(0, -1)}${String(process.hrtime.bigint() % 1_000_000n).padStart(6, '0')}Z`;
}
