import { readFile } from 'node:fs/promises';
import { adapterSchemas, createAdapter, SourceConfig } from '#adapters/registry.ts';
import { readDirectory } from '#config/directory-files.ts';
import { policyOrigin } from '#config/policies-schema.ts';
import { loadConfig } from '#config/load-config.ts';
import { systemClock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { PolicyOrigin } from '#core/policy-origin.ts';
import { noAuthority, type SecondAuthority } from '#core/ports/second-authority.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { toWire } from '#core/wire.ts';
import { explain } from '#handlers/explain.ts';
import { accessByCluster } from '#k8s/access-user.ts';
import type { FixedInventory } from '#k8s/fixed-inventory.ts';
import { listedInventory } from '#k8s/listed-inventory.ts';
import { remoteClusters } from '#k8s/remote-clusters.ts';
import { savedInventory } from '#k8s/saved-inventory.ts';
import { KubeSecondAuthority } from '#k8s/second-authority.ts';
import type { PolicySet } from '#policy/documents.ts';
import { noPolicies, parsePolicies, requirePolicies } from '#policy/parse-policies.ts';
import { explainSchemaFor } from '#server/explain-body.ts';
import { parseRequest } from '#server/query.ts';

/** Where everything comes from that a server would know. */
export interface OfflineOptions {
  /** Files that `kubectl get -o yaml` printed, or a cluster that is listed once. */
  readonly inventory: { readonly files: readonly string[] } | { readonly kubeconfig: string; readonly context: string | null };
  /** What policies call the cluster; null = the config's only one, else `cluster`. */
  readonly cluster: string | null;
  /** Absolute path; null = no config: one GitHub source named `hub` at `sourceUrl` stands in. */
  readonly configPath: string | null;
  readonly sourceUrl: string;
  /** Directory of policies; null = the config's. */
  readonly policies: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a config says, or what stands in for it. */
interface Setting {
  readonly sources: readonly SourceConfig[];
  readonly policies: string | null;
  readonly cluster: string | null;
  readonly dataDirectory: string;
  readonly notes: readonly string[];
  readonly authority: SecondAuthority;
  readonly clusters: Parameters<typeof remoteClusters>[0];
}

/**
 * Answers `POST /v1/explain` without a server, by the same code, from a saved or listed inventory.
 * @param body as the route takes it; a recorded change cannot be asked about, because there is no journal
 * @throws HeadgateError REQUEST_INVALID, USAGE, CONFIG_…, POLICY_…, INVENTORY_INVALID, KUBECONFIG_INVALID, CLUSTER_…, and as explain
 */
export async function explainOffline(options: OfflineOptions, body: unknown): Promise<object> {
  const asked = parseRequest(body, explainSchemaFor(body));
  if ('change' in asked)
    throw new HeadgateError('USAGE', 'a recorded change is in the journal of a server', {
      hint: 'Ask the server, or name --repo and --ref.',
    });
  const setting = await readSetting(options);
  const policies = readPolicies(options.policies ?? setting.policies);
  const { inventory, notes } = await readInventory(options, options.cluster ?? setting.cluster ?? 'cluster', setting.clusters);
  const adapters = new Map(setting.sources.map((source) => [source.name, adapterOf(source, setting, options)]));
  const answer = explain({ clock: systemClock, inventory, adapters, policies: () => policies, authority: setting.authority }, asked);
  return toWire({ ...answer, notes: [...answer.notes, ...setting.notes, ...clusterNote(options, setting), ...notes] });
}

async function readSetting({ configPath, sourceUrl }: OfflineOptions): Promise<Setting> {
  if (configPath !== null) {
    const { sources, policies, clusters, dataDirectory } = await loadConfig(configPath, adapterSchemas);
    const [only, ...others] = clusters;
    const cluster = others.length === 0 ? (only?.name ?? null) : null;
    const origin = policyOrigin(policies);
    return {
      sources,
      policies: origin ? null : policies.path,
      cluster,
      dataDirectory,
      notes: originNotes(origin),
      authority: authorityOf(clusters),
      clusters,
    };
  }
  const source = SourceConfig.safeParse({ name: 'hub', type: 'github', url: sourceUrl, webhook: { secrets: [{ env: 'UNUSED' }] } });
  if (!source.success)
    throw new HeadgateError('USAGE', `${sourceUrl} is not the URL of a GitHub`, { hint: 'Write it like https://github.com.' });
  const note = `there is no config: ${sourceUrl} stands for a GitHub source named hub that confirms nothing`;
  return { sources: [source.data], policies: null, cluster: null, dataDirectory: '', notes: [note], authority: noAuthority, clusters: [] };
}

/** Nobody verified stands behind what is asked about here, so no cluster has to be asked, nor its kubeconfig to be there. */
function authorityOf(clusters: Parameters<typeof accessByCluster>[0]): SecondAuthority {
  return new KubeSecondAuthority({ access: accessByCluster(clusters), issuers: new Map(), connections: new Map(), clock: systemClock });
}

function originNotes(origin: PolicyOrigin | null): readonly string[] {
  if (!origin) return [];
  return [`the policies are those of ${origin.repository} at ${origin.ref}, which is not asked: --policies names a checkout of them`];
}

/** Only asked how it names repositories and reads events, so it needs none of its secrets. */
function adapterOf(source: SourceConfig, { dataDirectory }: Setting, { env }: OfflineOptions): SourceAdapter {
  const secret = (): never => {
    throw new HeadgateError('SECRET_UNAVAILABLE', 'nothing is authenticated here');
  };
  return createAdapter(source, { secrets: () => [], secret, clock: systemClock, log: silentLog, dataDirectory, env, pagesUrl: undefined });
}

function readPolicies(path: string | null): PolicySet {
  if (path === null) return noPolicies('no policies were given: --policies would decide');
  try {
    const set = parsePolicies(readDirectory(path, null)?.files ?? []);
    requirePolicies(set, path);
    return set;
  } catch (error) {
    if (error instanceof HeadgateError) throw error;
    throw new HeadgateError('POLICY_MISSING', `the policy directory cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

async function readInventory({ inventory }: OfflineOptions, cluster: string, clusters: Setting['clusters']): Promise<FixedInventory> {
  if ('files' in inventory) return savedInventory(cluster, await readFiles(inventory.files), remoteClusters(clusters));
  const kubeconfig = { path: inventory.kubeconfig, ...(inventory.context === null ? {} : { context: inventory.context }) };
  const remotes = clusters.find(({ name }) => name === cluster)?.remotes;
  return listedInventory({ name: cluster, kubeconfig, remotes }, systemClock);
}

async function readFiles(names: readonly string[]): Promise<readonly { readonly name: string; readonly text: string }[]> {
  let bytes = 0;
  const files: { name: string; text: string }[] = [];
  for (const name of names) {
    const content = await readFile(name).catch((cause: unknown) => {
      throw new HeadgateError('INVENTORY_INVALID', `cannot read ${name}: ${messageOf(cause)}`, { cause });
    });
    bytes += content.byteLength;
    if (bytes > limits.explain.inventoryBytes)
      throw new HeadgateError('INVENTORY_INVALID', `more than ${limits.explain.inventoryBytes} bytes of saved objects`);
    files.push({ name, text: content.toString('utf8') });
  }
  return files;
}

function clusterNote({ cluster }: OfflineOptions, setting: Setting): readonly string[] {
  if (cluster !== null || setting.cluster !== null) return [];
  return ['the objects count as those of a cluster named cluster; --cluster gives it the name that policies know'];
}
