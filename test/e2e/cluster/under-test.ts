import { globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterUnderTest } from '../../conformance/cluster.ts';
import type { Manifest } from './apply.ts';
import { startGitServer, type GitServer } from './git-http.ts';
import { defineResource, type RealCluster } from './up.ts';

/** A real cluster as the conformance suite wants it. */
export async function realClusterUnderTest(cluster: RealCluster): Promise<ClusterUnderTest> {
  const git: GitServer = await startGitServer();
  return {
    server: cluster.server,
    token: cluster.adminToken,
    ca: cluster.ca,
    healthCheckFloor: 30_000,
    repository: (name) => git.repository(name),
    apply: (object) => cluster.apply(object as Manifest),
    async loseArtifact({ namespace, name }) {
      for (const file of globSync(join(cluster.controllers.storage, 'gitrepository', namespace, name, '*.tar.gz'))) rmSync(file);
    },
    serveArtifactGenerators: () => defineResource(cluster.admin, artifactGenerators),
    async stop() {
      await git.stop();
      await cluster.stop();
    },
  };
}

/** As much of source-watcher's definition as it takes to serve the kind. */
const artifactGenerators: Manifest & { readonly spec: object } = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'artifactgenerators.source.extensions.fluxcd.io' },
  spec: {
    group: 'source.extensions.fluxcd.io',
    scope: 'Namespaced',
    names: { kind: 'ArtifactGenerator', plural: 'artifactgenerators', singular: 'artifactgenerator' },
    versions: [
      {
        name: 'v1beta1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
