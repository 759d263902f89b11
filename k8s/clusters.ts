import type { Clock } from '#core/clock.ts';
import type { Check } from '#core/finding.ts';
import type { Actuator, Inventory, Observer } from '#core/ports/clusters.ts';
import type { ManifestChecks } from '#core/ports/manifest-checks.ts';
import type { SecondAuthority } from '#core/ports/second-authority.ts';
import type { TokenReviews } from '#core/ports/token-reviews.ts';
import type { Log, Metrics } from '#core/ports/telemetry.ts';
import { targetKey, type TargetRef } from '#core/target.ts';
import { accessByCluster } from './access-user.ts';
import { KubeActuator } from './actuator.ts';
import { authorityRights } from './check/authority-rights.ts';
import { checkCluster } from './check/check-cluster.ts';
import { ClusterWatch } from './cluster-watch.ts';
import { connect } from './connection.ts';
import { clusterAccess } from './credentials.ts';
import { StoreInventory } from './inventory.ts';
import type { ClusterConfig } from './kubeconfig.ts';
import { StoreObserver } from './observer.ts';
import { KubeManifestChecks } from './manifests/manifest-checks.ts';
import { remoteClusters } from './remote-clusters.ts';
import { KubeSecondAuthority } from './second-authority.ts';
import { KubeTokenReviews } from './token-reviews.ts';

export type { ClusterConfig } from './kubeconfig.ts';

export interface ClustersOptions {
  readonly clusters: readonly ClusterConfig[];
  /** Issuers of the config whose tokens a cluster is asked about, with its name. */
  readonly issuers?: ReadonlyMap<string, string>;
  /** Directory of saved schemas (k8s/manifests/saved-schemas.ts); null: there are none. */
  readonly schemas?: string | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** All configured clusters. */
export interface Clusters {
  readonly inventory: Inventory;
  readonly actuator: Actuator;
  readonly observer: Observer;
  /** Whose tokens of service accounts are. */
  readonly tokenReviews: TokenReviews;
  /** Whether somebody may reconcile a target, where the config has the cluster asked. */
  readonly authority: SecondAuthority;
  /** Holds objects against the clusters' schemas. */
  readonly manifestChecks: ManifestChecks;
  /** Of an object as it is known now; undefined when it is not. */
  readonly uidOf: (target: TargetRef) => string | undefined;
  /** Begins to watch. Waits for nothing: a cluster that is away is looked for until it answers. */
  start(): void;
  stop(): Promise<void>;
  /** What `headgate check` asks each cluster: what it is, what we may do there, how Flux runs. */
  readonly checks: readonly Check[];
}

/**
 * Reads the kubeconfigs; connects to nothing before `start` or `check`.
 * @throws HeadgateError KUBECONFIG_INVALID
 */
export function connectClusters({ clusters, issuers = new Map(), schemas = null, clock, log, metrics }: ClustersOptions): Clusters {
  const reached = clusters.map((config) => {
    const access = clusterAccess(config, clock);
    return { access, connection: connect({ cluster: config.name, access, clock, metrics }) };
  });
  const connections = reached.map(({ connection }) => connection);
  const access = accessByCluster(clusters);
  const rightsFor = { reviewing: new Set(issuers.values()), authorizing: access };
  const connectionOf = new Map(connections.map((connection) => [connection.cluster, connection]));
  const inventory = new StoreInventory(() => watches.map((watch) => watch.health()), log, remoteClusters(clusters));
  const { store } = inventory;
  // Whoever waits for a cluster to come into sight waits for changes of its sources.
  const onStatus = (cluster: string): void => {
    for (const { target } of store.sources()) if (target.cluster === cluster) inventory.announce(target);
  };
  const watches = connections.map((connection) => new ClusterWatch({ connection, store, clock, log, metrics, onStatus }));
  const byName = new Map(watches.map((watch) => [watch.cluster, watch]));
  return {
    inventory,
    actuator: new KubeActuator({
      connections: connectionOf,
      find: (target) => store.get(targetKey(target)),
      stored: (target, raw) => byName.get(target.cluster)?.take(target.kind, raw),
      clock,
    }),
    observer: new StoreObserver(store, (target) => byName.get(target.cluster)?.sees(target.kind) ?? false),
    tokenReviews: new KubeTokenReviews(connectionOf),
    authority: new KubeSecondAuthority({ access, issuers, connections: connectionOf, clock }),
    manifestChecks: new KubeManifestChecks({ connections: connectionOf, saved: schemas, clock }),
    uidOf: (target) => store.get(targetKey(target))?.uid,
    start() {
      for (const watch of watches) watch.start();
    },
    async stop() {
      await Promise.all(watches.map((watch) => watch.stop()));
      for (const connection of connections) connection.close();
    },
    checks: reached.map(({ connection, access }) => ({
      about: `cluster ${connection.cluster}`,
      run: () => checkCluster(connection, access, clock, authorityRights(rightsFor, connection.cluster)),
    })),
  };
}
