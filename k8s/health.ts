import type { ClusterHealth } from '#core/ports/clusters.ts';
import type { KindStatus } from './kind-watch.ts';

/** One watched kind at this moment. */
export interface KindHealth {
  readonly kind: string;
  readonly status: KindStatus;
  readonly objects: number;
}

/** What a cluster's watches amount to. Pure. */
export function clusterHealth(cluster: string, kinds: readonly KindHealth[]): ClusterHealth {
  const failing = kinds.map(({ status }) => status).filter(({ state }) => state === 'failing');
  const absent = kinds.length > 0 && kinds.every(({ status }) => status.state === 'absent');
  return {
    cluster,
    state: stateOf(kinds, failing),
    known: kinds.every(({ status }) => status.known),
    message: failing[0]?.message ?? (absent ? 'none of the Flux kinds is served: is Flux installed?' : null),
    kinds: kinds.map(({ kind, status, objects }) => ({ kind, state: status.state, objects })),
  };
}

/** A server that does not answer explains more than one that refuses. */
function stateOf(kinds: readonly KindHealth[], failing: readonly KindStatus[]): ClusterHealth['state'] {
  if (failing.some(({ refused }) => !refused)) return 'unreachable';
  if (failing.length > 0) return 'refused';
  return kinds.some(({ status }) => status.state === 'syncing') ? 'starting' : 'synced';
}
