import type { RepositoryKeys } from '#core/ports/source-adapter.ts';
import { keyOf, locateRepository, type RepositoryLocation } from '#core/urls.ts';

/** GitHub's SSH over the HTTPS port: docs.github.com "Using SSH over the HTTPS port". */
const sshOverHttps: RepositoryLocation = { authority: 'ssh.github.com:443', segments: [] };

/**
 * The base URLs of a source: its own, GitHub's second SSH host where it has one, and the aliases.
 * URLs come from the parsed config, so that each of them is one.
 */
export function repositoryBases(url: string, aliases: readonly string[]): readonly RepositoryLocation[] {
  const bases = [url, ...aliases].map(locateRepository).filter((base) => base !== undefined);
  return bases.some((base) => base.authority === 'github.com') ? [...bases, sshOverHttps] : bases;
}

/** The keys under which clusters may know `owner/name`. GitHub takes paths in any case. */
export function repositoryKeysAt(bases: readonly RepositoryLocation[], repository: string): RepositoryKeys {
  const keys = bases.map((base) => keyOf({ authority: base.authority, segments: pathUnder(base, repository.split('/')) }));
  return { keys: [...new Set(keys)], caseSensitive: false };
}

/** `owner/name` when `url` is a repository of one of the bases. */
export function repositoryUnder(bases: readonly RepositoryLocation[], url: string): string | undefined {
  const location = locateRepository(url);
  if (location === undefined) return undefined;
  for (const base of bases) {
    const repository = nameUnder(base, location);
    if (repository !== undefined) return repository;
  }
  return undefined;
}

/** A base that already ends with the owner, like `https://mirror.example/org`, does not repeat it. */
function pathUnder(base: RepositoryLocation, fullName: readonly string[]): readonly string[] {
  const [owner = '', ...rest] = fullName;
  return [...base.segments, ...(endsWithOwner(base, owner) ? rest : fullName)];
}

function nameUnder(base: RepositoryLocation, location: RepositoryLocation): string | undefined {
  const count = base.segments.length;
  if (base.authority !== location.authority || !base.segments.every((part, i) => isSame(part, location.segments[i]))) return undefined;
  const [first, second, ...more] = location.segments.slice(count);
  if (first === undefined || more.length > 0) return undefined;
  if (second !== undefined) return endsWithOwner(base, first) ? undefined : `${first}/${second}`;
  const owner = location.segments[count - 1];
  return owner === undefined ? undefined : `${owner}/${first}`;
}

function endsWithOwner(base: RepositoryLocation, owner: string): boolean {
  return isSame(base.segments.at(-1), owner);
}

function isSame(a: string | undefined, b: string | undefined): boolean {
  return a?.toLowerCase() === b?.toLowerCase();
}
