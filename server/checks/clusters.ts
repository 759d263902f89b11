import { finding, type Check, type Finding } from '#core/finding.ts';
import type { ClusterHealth, Inventory } from '#core/ports/clusters.ts';

/** Whether the objects of each cluster are in sight, from memory: nothing is asked. */
export function inventoryChecks(inventory: Pick<Inventory, 'health' | 'sources'>, clusters: readonly string[]): readonly Check[] {
  if (clusters.length === 0) return [noClusters];
  return clusters.map((cluster) => ({
    about: `cluster ${cluster}`,
    run: () => Promise.resolve(findingsOf(inventory, cluster)),
  }));
}

/** What is said where `spec.clusters` is empty. */
export const noClusters: Check = {
  about: 'clusters',
  run: () => Promise.resolve([finding('CLUSTER_NONE', 'clusters', 'warning', 'no cluster is configured')]),
};

function findingsOf(inventory: Pick<Inventory, 'health' | 'sources'>, cluster: string): readonly Finding[] {
  const suspended = inventory.sources().filter((source) => source.target.cluster === cluster && source.suspended).length;
  return inventory.health().flatMap((health) => (health.cluster === cluster ? [inventoryFinding(health, suspended)] : []));
}

/** What is suspended is so by somebody's will: it is told, and no fault. */
function inventoryFinding({ cluster, state, message, kinds }: ClusterHealth, suspended: number): Finding {
  const about = `cluster ${cluster}`;
  const why = message === null ? '' : `: ${message}`;
  const failing = kinds.filter((kind) => kind.state === 'failing').map(({ kind }) => kind);
  const objects = kinds.reduce((sum, kind) => sum + kind.objects, 0);
  if (state === 'starting') return finding('CLUSTER_INVENTORY', about, 'warning', `still listing its objects${why}`);
  if (state === 'unreachable' || state === 'refused') return finding('CLUSTER_INVENTORY', about, 'bad', `out of sight, ${state}${why}`);
  if (failing.length > 0) return finding('CLUSTER_INVENTORY', about, 'bad', `cannot watch ${failing.join(', ')}${why}`);
  return finding(
    'CLUSTER_INVENTORY',
    about,
    'good',
    `in sight, objects: ${objects}${suspended === 0 ? '' : `; suspended sources: ${suspended}`}`,
  );
}
