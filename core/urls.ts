import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { limits } from '#core/limits.ts';

/** The port that a scheme means when a URL names none. */
const defaultPorts: Readonly<Record<string, number>> = { https: 443, http: 80, ssh: 22, git: 9418, oci: 443 };

/** Where a repository lives, without how it is reached. */
export interface RepositoryLocation {
  /** Lower-case host, IPv6 in brackets; with `:port` unless that is the scheme's own. */
  readonly authority: string;
  /** Decoded path segments, case kept, without a final `.git`. Empty for the root of a host. */
  readonly segments: readonly string[];
}

/**
 * One spelling for every URL of a repository: `host[:port]/path`.
 * Scheme, user part, the scheme's default port, empty path segments and one final `.git` do not tell repositories apart;
 * host case does not either, path case does. Takes `https`, `http`, `ssh`, `git`, `oci` and the scp form (`git@host:org/app.git`:
 * "GIT URLS" in git-clone(1)).
 * @returns undefined for anything else, and for what could be read in two ways: queries, fragments, `..`, encoded slashes
 */
export function repositoryKey(url: string): string | undefined {
  const location = locateRepository(url);
  return location && keyOf(location);
}

/** The parts of repositoryKey, for those that append to a base URL. */
export function locateRepository(url: string): RepositoryLocation | undefined {
  if (url.length > limits.url.chars || hasForbidden(url)) return undefined;
  return url.includes('://') ? locateUrl(url) : locateScp(url);
}

/** The key of a location. */
export function keyOf({ authority, segments }: RepositoryLocation): string {
  return `${authority}/${segments.join('/')}`;
}

function locateUrl(url: string): RepositoryLocation | undefined {
  const [, scheme, rest, path] = /^([A-Za-z]+):\/\/([^/?#]+)(\/[^?#]*)?$/.exec(url) ?? [];
  if (scheme === undefined || rest === undefined) return undefined;
  const authority = authorityOf(rest.slice(rest.lastIndexOf('@') + 1), defaultPorts[scheme.toLowerCase()]);
  const decoded = decodeSegments((path ?? '').split('/'));
  return authority && decoded ? locate(authority, decoded) : undefined;
}

/** scp paths are plain: nothing in them is percent-encoded, and there is no port. */
function locateScp(url: string): RepositoryLocation | undefined {
  const [, host, path] = /^(?:[^@/:]+@)?(\[[^\]/]+\]|[^@/:[\]]+):([^?#]+)$/.exec(url) ?? [];
  const authority = host ? hostOf(host) : undefined;
  return authority && path ? locate(authority, path.split('/')) : undefined;
}

function locate(authority: string, path: readonly string[]): RepositoryLocation | undefined {
  const segments = path.filter((segment) => segment !== '');
  const last = segments.at(-1);
  if (segments.some((segment) => segment === '.' || segment === '..')) return undefined;
  if (last?.endsWith('.git') && last !== '.git') segments[segments.length - 1] = last.slice(0, -'.git'.length);
  return { authority, segments };
}

function authorityOf(text: string, defaultPort: number | undefined): string | undefined {
  const [, name, digits] = /^(\[[^\]]+\]|[^:[\]]+)(?::(\d{0,5}))?$/.exec(text) ?? [];
  const host = name && hostOf(name);
  if (!host || defaultPort === undefined) return undefined;
  const port = digits ? Number(digits) : defaultPort;
  if (port < 1 || port > 65_535) return undefined;
  return port === defaultPort ? host : `${host}:${port}`;
}

function hostOf(name: string): string | undefined {
  if (name.startsWith('[')) return isIPv6(name.slice(1, -1)) && !name.includes('%') ? new URL(`http://${name}`).hostname : undefined;
  const bare = name.endsWith('.') ? name.slice(0, -1) : name; // `host.` is the same name, fully qualified
  const ascii = /^[\x21-\x7e]+$/.test(bare) ? bare.toLowerCase() : domainToASCII(bare);
  return /^[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?$/.test(ascii) ? ascii : undefined;
}

function decodeSegments(encoded: readonly string[]): readonly string[] | undefined {
  const segments = encoded.map(decodeOnce);
  return segments.every((segment) => segment !== undefined) ? segments : undefined;
}

/** Decodes once, never twice: `%2541` names `%41`. An encoded slash would make one segment look like two. */
function decodeOnce(segment: string): string | undefined {
  try {
    const decoded = decodeURIComponent(segment);
    return decoded.includes('/') || hasForbidden(decoded, true) ? undefined : decoded;
  } catch {
    return undefined; // malformed escape or not UTF-8
  }
}

/** Control characters and backslashes never; spaces only where they were encoded. */
function hasForbidden(text: string, spaces = false): boolean {
  return (spaces ? /[\p{Cc}\\]/u : /[\p{Cc}\s\\]/u).test(text);
}
