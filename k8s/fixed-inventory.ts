import type { ClusterHealth, Inventory } from '#core/ports/clusters.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import type { FluxObject } from './flux-object.ts';
import { StoreInventory } from './inventory.ts';
import { fluxKinds } from './kinds.ts';
import type { RemoteClusters } from './remote-clusters.ts';

/** What a cluster contained at one moment, and what is to be known about how complete that is. */
export interface FixedInventory {
  readonly inventory: Inventory;
  /** In words, for people; empty when there is nothing to say. */
  readonly notes: readonly string[];
}

/** An inventory of one cluster over objects that do not change any more: the store and the indexes of the live one, without its watches. */
export function fixedInventory(
  cluster: string,
  objects: readonly FluxObject[],
  notes: readonly string[],
  remotes: RemoteClusters,
): FixedInventory {
  const inventory: StoreInventory = new StoreInventory(() => [healthOf(cluster, inventory)], silentLog, remotes);
  for (const { kind } of fluxKinds) {
    const ofKind = objects.filter(({ target }) => target.kind === kind);
    inventory.store.replace(cluster, kind, ofKind);
  }
  return { inventory, notes: [...notes, ...missingFollowers(objects)] };
}

function healthOf(cluster: string, { store }: StoreInventory): ClusterHealth {
  const kinds = fluxKinds.map(({ kind }) => {
    const count = store.count(cluster, kind);
    return { kind, state: count > 0 ? ('synced' as const) : ('absent' as const), objects: count };
  });
  return { cluster, state: 'synced', known: true, message: null, kinds };
}

/** Without followers only the namespace of the source itself would be decided about. */
function missingFollowers(objects: readonly FluxObject[]): readonly string[] {
  const hasConsumer = objects.some(({ writes }) => writes !== null);
  const hasSource = objects.some(({ origin }) => origin !== null);
  if (!hasSource) return ['there is no Flux source object (GitRepository, OCIRepository, Bucket, HelmRepository) in it'];
  return hasConsumer
    ? []
    : ['there is no Kustomization and no HelmRelease in it, so what follows a source, and where that writes, is not known'];
}
