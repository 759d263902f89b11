import { adapterSchemas, createAdapter, type SinkConfig, type SourceConfig } from '#adapters/registry.ts';
import { readDirectory } from '#config/directory-files.ts';
import { policyOrigin } from '#config/policies-schema.ts';
import { loadConfig, type Config } from '#config/load-config.ts';
import { SecretStore } from '#config/secret-store.ts';
import { systemClock, type Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { finding, type Check, type Finding } from '#core/finding.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import { postgresFacts } from '#journal/postgres/postgres-facts.ts';
import { connectClusters, type Clusters } from '#k8s/clusters.ts';
import { listedInventory } from '#k8s/listed-inventory.ts';
import { uncoveredNamespaces } from '#policy/concerned.ts';
import type { PolicySet } from '#policy/documents.ts';
import { parsePolicies, requirePolicies } from '#policy/parse-policies.ts';
import { redisFacts } from '#queue/bullmq/redis-facts.ts';
import { clusterIssuers } from '#server/cluster-issuers.ts';
import { unknownNames } from '#policy/names-of-config.ts';
import { namedPeopleTroubles, sourceGroupsNamed } from '#policy/people/named-people.ts';
import { noClusters } from '#server/checks/clusters.ts';
import { loginChecks, type LookedAtIssuer } from '#server/checks/login.ts';
import { localChecks, startChecks } from '#server/checks/local.ts';
import { namedPeopleFindings, unknownNamesFindings } from '#server/checks/policies.ts';
import { runChecks } from '#server/checks/run-checks.ts';
import { storeChecks } from '#server/checks/stores.ts';
import { tellSecretsCheck } from '#server/checks/tell-secrets.ts';
import { publicationChecks, type Uncovered } from '#server/checks/publications.ts';
import { senderChecks } from '#server/checks/senders.ts';
import { onlyAbout, sourceChecks } from '#server/checks/sources.ts';
import { originCheck } from '#server/open-policies.ts';

export interface CheckOfflineOptions {
  /** Absolute. */
  readonly configPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Only this one; undefined = everything. */
  readonly source?: string | undefined;
}

interface Surroundings {
  readonly config: Config<SourceConfig, SinkConfig>;
  readonly env: CheckOfflineOptions['env'];
  readonly clock: Clock;
  readonly source: string | undefined;
}

/**
 * What can be known before a start, from the config alone and by the same checks as a server's.
 * A config that does not load is the only finding then, and so is a source that it has not. Does not reject.
 */
export async function checkOffline({ configPath, env, source }: CheckOfflineOptions): Promise<readonly Finding[]> {
  const clock = systemClock;
  try {
    const config = await loadConfig(configPath, adapterSchemas);
    return await checkWith({ config, env, clock, source });
  } catch (error) {
    return [finding('CONFIG_VALID', 'config', 'bad', messageOf(error), error instanceof HeadgateError ? { mend: error.hint } : {})];
  }
}

async function checkWith(around: Surroundings): Promise<readonly Finding[]> {
  const { config, clock } = around;
  const connected = config.clusters.map((cluster) => connectOne(cluster, clusterIssuers(config), clock));
  const inventories = listedOnce(config, clock);
  const objects = async () => (await inventories()).flatMap((inventory) => inventory.sources());
  const origin = policyOrigin(config.policies);
  const stop = new AbortController();
  const adapters = adaptersOf(around, stop.signal);
  const own: readonly Check[] = [
    {
      about: 'config',
      run: () => Promise.resolve([configFinding(config), ...(origin ? [] : policiesFindings(config.policies.path, config, clock))]),
    },
    ...(origin ? [originCheck(origin, adapters)] : []),
    ...startChecks(config),
    ...localChecks(config, clock),
    tellSecretsCheck(config.tell, clock, around.env),
    ...loginChecks(config, await loginIssuer(around), clock, around.env),
    ...storeChecks(config, requireSecretOf(around), { redis: redisFacts, postgres: postgresFacts }),
    ...senderChecks(config),
  ];
  const clusters = config.clusters.length === 0 ? [noClusters] : connected.flatMap(({ checks }) => checks);
  const groups = origin ? undefined : namedGroups(config.policies.path);
  const sources = sourceChecks(adapters, objects, () => Promise.resolve(undefined), groups);
  const published = publicationChecks(adapters, objects, offlineUncovered(origin ? undefined : config.policies.path, inventories));
  try {
    return await runChecks(onlyAbout([...own, ...clusters, ...sources, ...published], around.source), clock);
  } finally {
    stop.abort();
    await Promise.all(connected.flatMap(({ clusters: open }) => (open ? [open.stop()] : [])));
  }
}

function requireSecretOf({ env, clock }: Surroundings): SecretStore['requireSecret'] {
  const secrets = new SecretStore({ clock, env: (name) => env[name], log: silentLog });
  return secrets.requireSecret.bind(secrets);
}

/** Loaded only where people log in. */
async function loginIssuer({ config: { identity }, clock, env }: Surroundings): Promise<LookedAtIssuer | null> {
  if (identity?.login === undefined) return null;
  const { lookedAtIssuer } = await import('#identity/login/open-login.ts');
  return lookedAtIssuer(identity, { clock, env });
}

function configFinding({ file, sources, clusters }: Config<SourceConfig, SinkConfig>): Finding {
  const names = (list: readonly { readonly name: string }[]): string => list.map(({ name }) => name).join(', ') || 'none';
  return finding('CONFIG_VALID', 'config', 'good', `${file}: sources: ${names(sources)}; clusters: ${names(clusters)}`);
}

function policiesFindings(path: string, config: Config<SourceConfig, SinkConfig>, clock: Clock): readonly Finding[] {
  try {
    const set = parsePolicies(readDirectory(path, null)?.files ?? []);
    requirePolicies(set, path);
    const good = finding('POLICIES_VALID', 'config', 'good', `policies: ${set.policies.map(({ name }) => name).join(', ')}`);
    return [good, ...unknownNamesFindings(unknownNames(set, config)), ...namedPeopleFindings(namedPeopleTroubles(set, clock.now(), false))];
  } catch (error) {
    const own = error instanceof HeadgateError ? { mend: error.hint } : {};
    return [finding('POLICIES_VALID', 'config', 'bad', `policies in ${path}: ${messageOf(error)}`, own)];
  }
}

/** Ids of a source's own groups that the policies of a directory name; undefined of policies that cannot be read, which is a finding of its own. */
function namedGroups(path: string): (source: string) => readonly string[] | undefined {
  return (source) => {
    const policies = policiesAt(path);
    return policies && sourceGroupsNamed(policies, source);
  };
}

/** A kubeconfig that cannot be used says nothing against the other clusters. */
function connectOne(
  cluster: Config<SourceConfig, SinkConfig>['clusters'][number],
  issuers: ReadonlyMap<string, string>,
  clock: Clock,
): { readonly clusters?: Clusters; readonly checks: readonly Check[] } {
  const about = `cluster ${cluster.name}`;
  try {
    const clusters = connectClusters({ clusters: [cluster], issuers, clock, log: silentLog, metrics: silentMetrics });
    return { clusters, checks: clusters.checks };
  } catch (error) {
    const own = error instanceof HeadgateError ? { mend: error.hint } : {};
    return { checks: [{ about, run: () => Promise.resolve([finding('CLUSTER_REACHABLE', about, 'bad', messageOf(error), own)]) }] };
  }
}

/** The clusters as far as they can be asked; each is listed once. */
function listedOnce({ clusters }: Config<SourceConfig, SinkConfig>, clock: Clock): () => Promise<readonly Inventory[]> {
  let listed: Promise<readonly Inventory[]> | undefined;
  const list = async (): Promise<readonly Inventory[]> => {
    // One that cannot be listed has findings of its own that say why.
    const all = await Promise.allSettled(clusters.map((cluster) => listedInventory(cluster, clock)));
    return all.flatMap((one) => (one.status === 'fulfilled' ? [one.value.inventory] : []));
  };
  return () => (listed ??= list());
}

/** By the policies of a directory; of those that are not known here nothing is said. */
function offlineUncovered(path: string | undefined, inventories: () => Promise<readonly Inventory[]>): Uncovered {
  return async (object) => {
    const policies = path === undefined ? undefined : policiesAt(path);
    const inventory = (await inventories()).find((one) => one.find(object.target) !== undefined);
    return policies && inventory ? uncoveredNamespaces(policies, inventory.footprint(object)) : [];
  };
}

/** Undefined when they cannot be read, which is a finding of its own. */
function policiesAt(path: string): PolicySet | undefined {
  try {
    return parsePolicies(readDirectory(path, null)?.files ?? []);
  } catch {
    return undefined;
  }
}

/** @param stopping ends what they still run, when the check is over */
function adaptersOf({ config, env, clock }: Surroundings, stopping: AbortSignal): readonly SourceAdapter[] {
  const secrets = new SecretStore({ clock, env: (name) => env[name], log: silentLog });
  const { dataDirectory } = config;
  return config.sources.map((source) =>
    createAdapter(source, {
      clock,
      env,
      dataDirectory,
      stopping,
      log: silentLog,
      pagesUrl: undefined,
      secret: secrets.requireSecret.bind(secrets),
      secrets: () => secrets.values(source.webhook?.secrets ?? []),
    }),
  );
}
