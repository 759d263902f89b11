import { authorityConformance } from './cluster/authority.ts';
import { kubernetesApiConformance } from './cluster/kubernetes-api.ts';
import { fluxFailureConformance } from './cluster/flux-failures.ts';
import { fluxSuccessConformance } from './cluster/flux-success.ts';
import { fluxTrapConformance } from './cluster/flux-traps.ts';
import type { ClusterUnderTest } from './cluster/cluster-under-test.ts';

export type { ClusterUnderTest, GitUnderTest } from './cluster/cluster-under-test.ts';

/**
 * What a client of the Kubernetes API and of Flux may rely on, and the traps that it must not fall into.
 * Speaks plain HTTP and knows nothing of who answers: a real API server with the real controllers, or a simulation.
 * Every statement here was seen on Kubernetes 1.36 with Flux 2.9.
 *
 * @param open starts (or connects to) one cluster; the suite calls its `stop` when it has finished
 */
export function clusterConformance(name: string, open: () => Promise<ClusterUnderTest>): void {
  describe(`cluster conformance: ${name}`, () => {
    let cluster: ClusterUnderTest | undefined;
    before(async function () {
      this.timeout(120_000);
      cluster = await open();
    });
    after(async function () {
      this.timeout(60_000);
      await cluster?.stop();
    });
    const opened = (): ClusterUnderTest => {
      if (cluster === undefined) throw new Error('the cluster is not open');
      return cluster;
    };
    kubernetesApiConformance(opened);
    authorityConformance(opened);
    fluxSuccessConformance(opened);
    fluxFailureConformance(opened);
    fluxTrapConformance(opened);
  });
}
