import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isLoopback } from '#config/network.ts';
import { HeadgateError } from '#core/errors.ts';
import { parseHgRef } from '#core/hg-ref.ts';
import { limits } from '#core/limits.ts';
import { locateRepository } from '#core/urls.ts';

export interface MercurialPlace {
  readonly type: 'hg';
  /** Base URL below which the repositories lie. */
  readonly url: string;
  /** `infra` */
  readonly repository: string;
  /** `branch:default` */
  readonly ref: string;
  /** Directory that is published; empty for all of it. */
  readonly path: string;
  /** Where it is published, with the tag. */
  readonly oci: string;
  readonly registry: { readonly host: string; readonly plainHttp: boolean };
}

/** A clone that somebody works in. */
export interface Clone {
  /** Where it was cloned from. */
  readonly url: string;
  readonly branch: string;
}

/** The clone that a directory lies in; undefined without any, or without hg. */
export async function findClone(cwd: string, env: Readonly<Record<string, string | undefined>>): Promise<Clone | undefined> {
  const ask = async (...args: readonly string[]): Promise<string> => {
    const plain = { ...env, HGPLAIN: '1' };
    const { stdout } = await promisify(execFile)('hg', [...args], { cwd, env: plain, timeout: limits.cli.requestTimeout });
    return stdout.trim();
  };
  try {
    return { url: await ask('paths', 'default'), branch: await ask('branch') };
  } catch {
    return undefined; // no hg, no clone, or cloned from nowhere: the caller says what to give instead
  }
}

/** @throws HeadgateError USAGE for what can neither be found out nor was given */
export function mercurialPlace(
  { repository: given, oci, path = '' }: { readonly repository?: string; readonly oci?: string; readonly path?: string },
  clone: Clone | undefined,
): MercurialPlace {
  const ref = `branch:${given === undefined ? (clone?.branch ?? 'default') : 'default'}`;
  if (parseHgRef(ref) === undefined) throw new HeadgateError('USAGE', `the branch of this clone has a name that is none: ${ref}`);
  return { type: 'hg', ...baseOf(given ?? clone?.url), ref, path: path.replace(/^\/+|\/+$/g, ''), ...artifactOf(oci) };
}

function baseOf(url: string | undefined): Pick<MercurialPlace, 'url' | 'repository'> {
  const plain = url?.replace(/\/+$/, '') ?? '';
  const [, base, repository] = /^((?:https?|ssh):\/\/.+?)\/+([^/]+)$/.exec(plain) ?? [];
  if (base !== undefined && repository !== undefined && locateRepository(plain) && !hasPassword(base)) return { url: base, repository };
  throw new HeadgateError(
    'USAGE',
    url === undefined ? 'this is no clone of a Mercurial repository' : `${withoutPassword(url)} is no URL of a repository`,
    {
      hint: 'Name the one whose pushes are to be deployed: `headgate init --type hg --repository https://hg.example.com/infra`, or `ssh://hg@hg.example.com/infra`.',
    },
  );
}

function artifactOf(oci: string | undefined): Pick<MercurialPlace, 'oci' | 'registry'> {
  const [, host, name] = /^oci:\/\/([^/]+)\/([^:]+):[^:/]+$/.exec(oci ?? '') ?? [];
  if (oci !== undefined && host !== undefined && name !== undefined)
    return { oci, registry: { host, plainHttp: isLoopback(host.replace(/:\d+$/, '')) } };
  throw new HeadgateError(
    'USAGE',
    oci === undefined ? 'Flux fetches what is published to a registry, and none is named' : `${oci} is no address with a tag`,
    {
      hint: 'Name where it is published, with the tag that Flux follows: `--oci oci://registry.example.com/infra:default`.',
    },
  );
}

function hasPassword(url: string): boolean {
  return (URL.parse(url)?.password ?? '') !== '';
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//…@');
}
