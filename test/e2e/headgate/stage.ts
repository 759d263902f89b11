import assert from 'node:assert/strict';
import {
  configMap,
  configMapPath,
  expectOk,
  gitRepository,
  gitRepositoryPath,
  isReady,
  kustomization,
  kustomizationPath,
  namespaceObject,
} from '../../conformance/cluster/flux-objects.ts';
import { eventually } from '../../conformance/cluster/eventually.ts';
import type { KubeObject } from '../../conformance/cluster/kube-client.ts';
import type { Manifest } from '../cluster/apply.ts';
import type { GitServer, HostedRepository } from '../cluster/git-http.ts';
import type { RealCluster } from '../cluster/up.ts';
import { sendPush, type Hook, type Receipt } from './forge.ts';

/**
 * For a consumer in a cluster whose API server goes away: where kustomize-controller cannot write what came of it, it looks again only after this, which
 * is the whole interval by default (kustomize-controller, "failed to update status").
 */
export const retriesSoon = { consumer: { retryInterval: '5s' } } as const;

/** One application: a repository `org/<name>`, and in each cluster a namespace with a GitRepository and a Kustomization `<name>`. */
export interface Application {
  readonly name: string;
  readonly repository: HostedRepository;
  /** Commits a ConfigMap with this version, and more files if given. Tells no one. */
  commit(version: string, more?: Readonly<Record<string, string | null>>): Promise<string>;
  /** What a forge does when a commit arrives: tells Headgate. */
  announce(hook: Hook, sha: string): Promise<Receipt>;
  source(cluster: RealCluster): Promise<KubeObject>;
  consumer(cluster: RealCluster): Promise<KubeObject>;
  /** The version that really runs. */
  deployed(cluster: RealCluster): Promise<string | undefined>;
  patchSource(cluster: RealCluster, spec: object): Promise<void>;
  patchConsumer(cluster: RealCluster, spec: object): Promise<void>;
}

/** Sets an application up and waits until its first version runs in every cluster. */
export async function deployApplication(
  git: Pick<GitServer, 'repository'>,
  name: string,
  clusters: readonly RealCluster[],
  specs: { readonly source?: object; readonly consumer?: object } = {},
): Promise<Application> {
  const repository = await git.repository(`org/${name}`);
  const app = applicationOf(repository, name);
  await app.commit('first');
  for (const cluster of clusters) {
    await cluster.apply(namespaceObject(name) as Manifest);
    await cluster.apply(gitRepository(name, name, repository.url, specs.source) as Manifest);
    await cluster.apply(kustomization(name, name, name, specs.consumer) as Manifest);
  }
  for (const cluster of clusters) {
    await eventually(async () => {
      assert.ok(isReady(await app.consumer(cluster)));
      assert.equal(await app.deployed(cluster), 'first');
    }, 30_000);
  }
  return app;
}

function applicationOf(repository: HostedRepository, name: string): Application {
  const source = gitRepositoryPath(name, name);
  const consumer = kustomizationPath(name, name);
  const patch = async (cluster: RealCluster, path: string, spec: object): Promise<void> => {
    expectOk(await cluster.admin.mergePatch(path, { spec }));
  };
  return {
    name,
    repository,
    commit: (version, more = {}) => repository.commit({ 'deploy/config.yaml': configMap(name, { version }), ...more }),
    announce: (hook, sha) => sendPush(hook, { repository: `org/${name}`, after: sha }),
    source: async (cluster) => expectOk(await cluster.admin.get(source)),
    consumer: async (cluster) => expectOk(await cluster.admin.get(consumer)),
    async deployed(cluster) {
      const answer = await cluster.admin.get(configMapPath(name, name));
      return answer.status === 404 ? undefined : expectOk(answer).data?.['version'];
    },
    patchSource: (cluster, spec) => patch(cluster, source, spec),
    patchConsumer: (cluster, spec) => patch(cluster, consumer, spec),
  };
}
