import type { Inventory } from '#core/ports/clusters.ts';

/**
 * A cluster is known once its objects have been listed since the start. Before that nothing is decided about it:
 * what follows a source, and so which namespaces move, would be a guess.
 */
export function clustersByKnowledge(inventory: Pick<Inventory, 'health'>): {
  readonly known: readonly string[];
  readonly unknown: readonly string[];
} {
  const health = inventory.health();
  const names = (known: boolean): string[] => health.filter((cluster) => cluster.known === known).map(({ cluster }) => cluster);
  return { known: names(true), unknown: names(false) };
}
