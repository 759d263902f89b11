import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { locateRepository } from '#core/urls.ts';
import type { Io } from '../io.ts';
import { findClone, mercurialPlace, type MercurialPlace } from './find-mercurial.ts';

export interface InitOptions {
  readonly type?: 'github' | 'hg';
  readonly repository?: string;
  readonly oci?: string;
  readonly path?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

/** What a first config needs to know. */
export interface Surroundings {
  readonly source: GithubPlace | MercurialPlace;
  readonly cluster: { readonly name: string; readonly kubeconfig: { readonly path: string; readonly context: string } | null } | null;
  readonly namespace: string;
}

export interface GithubPlace {
  readonly type: 'github';
  /** Base URL of the forge. */
  readonly url: string;
  /** `org/app` */
  readonly repository: string;
}

/** @throws HeadgateError USAGE for what can neither be found out nor was given, KUBECONFIG_INVALID */
export async function discover(io: Pick<Io, 'env' | 'cwd'>, options: InitOptions): Promise<Surroundings> {
  return {
    source: await findSource(io, options),
    cluster: await findCluster(io, options),
    namespace: options.namespace ?? '*',
  };
}

/** Mercurial where that is asked for, or where this is a clone of one and not of git. */
async function findSource({ cwd, env }: Pick<Io, 'env' | 'cwd'>, options: InitOptions): Promise<Surroundings['source']> {
  const { type, repository } = options;
  const clone = type === 'hg' || (type === undefined && repository === undefined) ? await findClone(cwd, env) : undefined;
  const isHg = type === 'hg' || (clone !== undefined && (await originUrl(cwd)) === undefined);
  return isHg ? mercurialPlace(options, clone) : findRepository(cwd, repository);
}

async function findRepository(cwd: string, given: string | undefined): Promise<GithubPlace> {
  const type = 'github';
  if (given !== undefined && /^[\w.-]+\/[\w.-]+$/.test(given)) return { type, url: 'https://github.com', repository: given };
  const url = given ?? (await originUrl(cwd));
  const place = url === undefined ? undefined : locateRepository(url);
  if (place?.segments.length === 2 && (given !== undefined || place.authority === 'github.com')) {
    return { type, url: `https://${place.authority}`, repository: place.segments.join('/') };
  }
  throw new HeadgateError(
    'USAGE',
    given === undefined ? 'this is no checkout of a repository on github.com' : `${given} is not a repository on GitHub`,
    {
      hint: 'Name the repository whose pushes are to be deployed: `headgate init --repository org/app`; of Mercurial its URL, with `--type hg`.',
    },
  );
}

async function originUrl(cwd: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('git', ['remote', 'get-url', 'origin'], { cwd, timeout: limits.cli.requestTimeout });
    return stdout.trim();
  } catch {
    return undefined; // no git, no checkout, or no origin: the caller says what to give instead
  }
}

const Kubeconfig = z.object({ 'current-context': z.string().optional(), contexts: z.array(z.object({ name: z.string() })) });

async function findCluster({ env, cwd }: Pick<Io, 'env' | 'cwd'>, options: InitOptions): Promise<Surroundings['cluster']> {
  const candidates = [...(env['KUBECONFIG'] ?? '').split(delimiter), join(env['HOME'] ?? homedir(), '.kube', 'config')];
  const path = options.kubeconfig ?? candidates.find((file) => file !== '' && existsSync(resolve(cwd, file)));
  if (path === undefined) return env['KUBERNETES_SERVICE_HOST'] === undefined ? null : { name: 'in-cluster', kubeconfig: null };
  const file = resolve(cwd, path);
  const context = contextOf(file, await readKubeconfig(file), options.context);
  return { name: clusterName(context), kubeconfig: { path: file, context } };
}

async function readKubeconfig(file: string): Promise<z.infer<typeof Kubeconfig>> {
  try {
    return Kubeconfig.parse(parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new HeadgateError('KUBECONFIG_INVALID', `${file} is not a kubeconfig: ${messageOf(error)}`, {
      hint: 'Name one with --kubeconfig.',
      cause: error,
    });
  }
}

function contextOf(file: string, kubeconfig: z.infer<typeof Kubeconfig>, asked: string | undefined): string {
  const names = kubeconfig.contexts.map(({ name }) => name);
  const context = asked ?? (kubeconfig['current-context'] || names[0]);
  if (context !== undefined && names.includes(context)) return context;
  throw new HeadgateError('KUBECONFIG_INVALID', `${file} has no context ${context ?? 'at all'}`, {
    hint: `Name one with --context; it has: ${names.join(', ') || 'none'}.`,
  });
}

/** A context's name made fit for policies, URLs and labels: `admin@Prod_EU` → `admin-prod-eu`. */
function clusterName(context: string): string {
  const name = context
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, '');
  return name === '' ? 'cluster' : name;
}
