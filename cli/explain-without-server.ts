import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { HeadgateError } from '#core/errors.ts';
import { configPath } from './config-path.ts';
import type { ServerOptions } from './find-server.ts';
import type { Io } from './io.ts';

/** What takes the place of a server. */
export interface OfflineFlags {
  readonly inventory?: readonly string[];
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly cluster?: string;
  readonly policies?: string;
  readonly sourceUrl?: string;
}

type Flags = OfflineFlags & ServerOptions;

/** Whether an inventory is given, so that no server is asked. @throws HeadgateError USAGE when options contradict each other */
export function isOffline({ inventory, kubeconfig, server, ...flags }: Flags): boolean {
  if (inventory !== undefined && kubeconfig !== undefined) throw usage('--inventory and --kubeconfig exclude each other');
  const offline = inventory !== undefined || kubeconfig !== undefined;
  if (offline && server !== undefined) throw usage('with --inventory or --kubeconfig no server is asked: leave out --server');
  const lost = (['context', 'cluster', 'policies', 'sourceUrl'] as const).find((name) => flags[name] !== undefined);
  if (!offline && lost !== undefined) throw usage(`${flagNames[lost]} needs --inventory or --kubeconfig: a server knows its own`);
  return offline;
}

/** Answers as a server would, from what the flags name. */
export async function explainWithoutServer(io: Pick<Io, 'cwd' | 'env'>, flags: Flags, body: object): Promise<unknown> {
  const { explainOffline } = await import('#server/explain-offline.ts');
  const path = (name: string): string => resolve(io.cwd, name);
  const { inventory = [], kubeconfig, context, cluster, policies, sourceUrl } = flags;
  return explainOffline(
    {
      inventory: kubeconfig === undefined ? { files: inventory.map(path) } : { kubeconfig: path(kubeconfig), context: context ?? null },
      cluster: cluster ?? null,
      configPath: findConfig(io, flags),
      sourceUrl: sourceUrl ?? 'https://github.com',
      policies: policies === undefined ? null : path(policies),
      env: io.env,
    },
    body,
  );
}

/** A config that is named must be there; the one of this directory may be missing. */
function findConfig(io: Pick<Io, 'cwd' | 'env'>, { config, sourceUrl }: Flags): string | null {
  if (sourceUrl !== undefined) {
    if (config !== undefined) throw usage('--source-url stands in for a config: leave out one of them');
    return null;
  }
  const found = configPath(io, config);
  const isNamed = config !== undefined || Boolean(io.env['HEADGATE_CONFIG']);
  return isNamed || existsSync(found) ? found : null;
}

const flagNames = { context: '--context', cluster: '--cluster', policies: '--policies', sourceUrl: '--source-url' } as const;

function usage(message: string): HeadgateError {
  return new HeadgateError('USAGE', message);
}
