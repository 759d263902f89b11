import type { Clock } from '#core/clock.ts';
import { silentMetrics } from '#core/ports/telemetry.ts';
import { hasStatus } from './api-error.ts';
import { connect, type Connection } from './connection.ts';
import { clusterAccess } from './credentials.ts';
import { fixedInventory, type FixedInventory } from './fixed-inventory.ts';
import type { FluxObject } from './flux-object.ts';
import { listKind } from './kind-list.ts';
import { apiVersionOf, collectionPath, type FluxKind, fluxKinds } from './kinds.ts';
import type { ClusterConfig } from './kubeconfig.ts';
import { parseFluxObject } from './parse-flux-object.ts';
import { remoteClusters } from './remote-clusters.ts';

/**
 * Lists every Flux object of a cluster once. Kinds that the cluster does not serve have no objects; a kind that may not be
 * listed is an error, because what follows a source would be a guess.
 * @throws HeadgateError KUBECONFIG_INVALID, CLUSTER_UNREACHABLE, CLUSTER_REFUSED
 */
export async function listedInventory(config: ClusterConfig, clock: Clock): Promise<FixedInventory> {
  const connection = connect({ cluster: config.name, access: clusterAccess(config, clock), clock, metrics: silentMetrics });
  try {
    const objects = await Promise.all(fluxKinds.map((kind) => listObjects(connection, kind)));
    return fixedInventory(config.name, objects.flat(), [], remoteClusters([config]));
  } finally {
    connection.close();
  }
}

async function listObjects(connection: Connection, kind: FluxKind): Promise<readonly FluxObject[]> {
  const read = (raw: unknown): FluxObject | undefined => parseFluxObject(connection.cluster, kind.kind, apiVersionOf(kind), raw)?.object;
  try {
    return (await listKind(connection, collectionPath(kind), read)).objects;
  } catch (error) {
    if (hasStatus(error, 404)) return [];
    throw error;
  }
}
