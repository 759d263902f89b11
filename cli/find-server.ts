import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { loadConfig } from '#config/load-config.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { configPath } from './config-path.ts';
import type { Io } from './io.ts';

/** Options that every command that asks a server takes. */
export interface ServerOptions {
  readonly server?: string;
  readonly config?: string;
}

export interface ServerAddress {
  /** Without a slash at the end. */
  readonly url: string;
  /** Bearer token; null when there is none to send. */
  readonly token: string | null;
}

/** Its own listeners and directory are all that is wanted of a config here. */
const anyAdapters = { source: z.looseObject({ name: z.string(), type: z.string() }), sink: z.looseObject({ name: z.string() }) };

/**
 * Finds the server and the token: --server (or HEADGATE_SERVER) with HEADGATE_TOKEN, or the config's `listen.web`
 * with operator.token of its data directory. That token is never sent to another address than the config's.
 * @throws HeadgateError USAGE, CONFIG_UNREADABLE, CONFIG_INVALID
 */
export async function findServer(io: Pick<Io, 'env' | 'cwd'>, options: ServerOptions): Promise<ServerAddress> {
  const named = options.server ?? (io.env['HEADGATE_SERVER'] || undefined);
  const token = io.env['HEADGATE_TOKEN'] || null;
  if (named !== undefined) return { url: readUrl(named), token };
  const { listen, dataDirectory } = await loadConfig(configPath(io, options.config), anyAdapters);
  return { url: localUrl(listen.web), token: token ?? (await readToken(join(dataDirectory, 'operator.token'))) };
}

/** @throws HeadgateError USAGE */
export function readUrl(text: string): string {
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `http://${text}`);
  if (url === null || url.search !== '' || url.username !== '') {
    throw new HeadgateError('USAGE', `${text} is not the address of a server`, {
      hint: 'Write it like https://headgate.example.com or 127.0.0.1:9080.',
    });
  }
  return url.href.replace(/\/+$/, '');
}

/** A server that listens on every interface is reached on the loopback one. */
function localUrl({ host, port }: { readonly host: string; readonly port: number }): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (host === '::') return `http://[::1]:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Null when there is no token yet: a server that was never started, or one that lets everyone on this machine read. */
async function readToken(file: string): Promise<string | null> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new HeadgateError('UNAUTHENTICATED', `cannot read ${file}: ${messageOf(error)}`, {
      hint: 'Run this as the user of the server, or set HEADGATE_TOKEN.',
      cause: error,
    });
  }
}
