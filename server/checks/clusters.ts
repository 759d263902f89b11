import { finding, type Check, type Finding } from '#core/finding.ts';
import type { ClusterHealth, Inventory } from '#core/ports/clusters.ts';

/** Whether the objects of each cluster are in sight, from memory: nothing is asked. */
export function inventoryChecks(inventory: Pick<Inventory, 'health'>, clusters: readonly string[]): readonly Check[] {
  if (clusters.length === 0) return [noClusters];
  return clusters.map((cluster) => ({
    about: `cluster ${cluster}`,
    run: () =>
      Promise.resolve(
        inventory
          .health()
          .filter((health) => health.cluster === cluster)
          .map(inventoryFinding),
      ),
  }));
}

/** What is said where `spec.clusters` is empty. */
export const noClusters: Check = {
  about: 'clusters',
  run: () => Promise.resolve([finding('CLUSTER_NONE', 'clusters', 'warning', 'no cluster is configured')]),
};

function inventoryFinding({ cluster, state, message, kinds }: ClusterHealth): Finding {
  const about = `cluster ${cluster}`;
  const why = message === null ? '' : `: ${message}`;
  const failing = kinds.filter((kind) => kind.state === 'failing').map(({ kind }) => kind);
  const objects = kinds.reduce((sum, kind) => sum + kind.objects, 0);
  if (state === 'starting') return finding('CLUSTER_INVENTORY', about, 'warning', `still listing its objects${why}`);
  if (state === 'unreachable' || state === 'refused') return finding('CLUSTER_INVENTORY', about, 'bad', `out of sight, ${state}${why}`);
  if (failing.length > 0) return finding('CLUSTER_INVENTORY', about, 'bad', `cannot watch ${failing.join(', ')}${why}`);
  return finding('CLUSTER_INVENTORY', about, 'good', `in sight, objects: ${objects}`);
}
