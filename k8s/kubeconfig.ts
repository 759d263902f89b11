import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { newClusters, newContexts, newUsers, type Cluster, type User } from '@kubernetes/client-node/dist/config_types.js';
import { parse } from 'yaml';
import { z } from 'zod';
import { HeadgateError, messageOf } from '#core/errors.ts';
import type { AccessConfig } from './access-user.ts';
import type { RemoteConfig } from './remote-clusters.ts';
import { execPlugin, type ExecPlugin } from './exec-credential.ts';

/** Where a cluster is: a kubeconfig with one of its contexts, or the cluster whose pod we run in. */
export interface ClusterConfig {
  readonly name: string;
  readonly kubeconfig?: { readonly path: string; readonly context?: string | undefined } | undefined;
  readonly inCluster?: object | undefined;
  /** Absent: the cluster is asked about nobody. */
  readonly access?: AccessConfig | undefined;
  /** Clusters that objects of this one write to. */
  readonly remotes?: readonly RemoteConfig[] | undefined;
}

/** One context of a kubeconfig, file names absolute. */
export interface KubeContext {
  readonly cluster: Cluster;
  readonly user: User;
  readonly exec: ExecPlugin | null;
  /** kubectl's `tokenFile`, which is read again as it rotates. */
  readonly tokenFile: string | null;
  readonly impersonateGroups: readonly string[];
}

const entries = z.array(z.looseObject({ name: z.string() })).default([]);
const document = z.object({ 'current-context': z.string().optional(), contexts: entries, clusters: entries, users: entries });
/** What the client library's own reader leaves out or untyped. */
const userExtras = z.object({
  user: z.object({ tokenFile: z.string().optional(), 'as-groups': z.array(z.string()).default([]), exec: execPlugin.nullish() }).nullish(),
});

/**
 * Reads one context; nothing of the other contexts is looked at.
 * @throws HeadgateError KUBECONFIG_INVALID
 */
export function readKubeContext(name: string, path: string, context?: string): KubeContext {
  try {
    return pickContext(document.parse(parse(readFileSync(path, 'utf8'))), dirname(resolve(path)), context);
  } catch (error) {
    throw invalidKubeconfig(name, `${path}: ${error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error)}`, error);
  }
}

export function invalidKubeconfig(cluster: string, message: string, cause?: unknown): HeadgateError {
  return new HeadgateError('KUBECONFIG_INVALID', `cluster ${cluster}: ${message}`, { cause });
}

function pickContext(file: z.infer<typeof document>, folder: string, wanted?: string): KubeContext {
  const name = wanted ?? file['current-context'];
  if (!name) throw new Error('it has no current-context, and no context is named');
  const [context] = newContexts([named(file.contexts, name, 'context')]);
  if (!context?.user) throw new Error(`context "${name}" names no user`);
  const rawUser = named(file.users, context.user, 'user');
  const [cluster] = newClusters([named(file.clusters, context.cluster, 'cluster')]);
  const [user] = newUsers([rawUser]);
  if (!cluster || !user) throw new Error(`context "${name}" is incomplete`);
  refuseUnsupported(cluster, user);
  const extras = userExtras.parse(rawUser).user;
  return {
    cluster: absolute(cluster, folder, ['caFile']),
    user: absolute(user, folder, ['certFile', 'keyFile']),
    exec: extras?.exec ? resolveCommand(extras.exec, folder) : null,
    tokenFile: extras?.tokenFile ? resolve(folder, extras.tokenFile) : null,
    impersonateGroups: extras?.['as-groups'] ?? [],
  };
}

function named<T extends { name: string }>(list: readonly T[], name: string, what: string): T {
  const found = list.find((entry) => entry.name === name);
  if (!found) throw new Error(`it has no ${what} "${name}" (it has: ${list.map((entry) => entry.name).join(', ') || 'none'})`);
  return found;
}

/** kubectl dropped the cloud providers in 1.26 in favour of exec plugins. */
function refuseUnsupported(cluster: Cluster, user: User): void {
  if (user.authProvider) throw new Error(`user "${user.name}" uses auth-provider; use an exec plugin, a token or a client certificate`);
  if (cluster.proxyUrl?.startsWith('socks')) throw new Error(`cluster "${cluster.name}" uses a SOCKS proxy; HTTP proxies are supported`);
  if (!/^https?:$/.test(new URL(cluster.server).protocol)) throw new Error(`cluster "${cluster.name}": server must be http or https`);
}

/** Paths in a kubeconfig are relative to it. */
function absolute<T extends object>(entry: T, folder: string, fields: readonly (keyof T)[]): T {
  const changes = fields.flatMap((field) => {
    const value = entry[field];
    return typeof value === 'string' ? [[field, resolve(folder, value)] as const] : [];
  });
  return { ...entry, ...Object.fromEntries(changes) };
}

/** So is the command of an exec plugin, when it is a path at all (client-go tools/clientcmd). */
function resolveCommand(plugin: ExecPlugin, folder: string): ExecPlugin {
  return plugin.command.includes('/') ? { ...plugin, command: resolve(folder, plugin.command) } : plugin;
}
