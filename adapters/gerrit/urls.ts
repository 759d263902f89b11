import type { RepositoryKeys } from '#core/ports/source-adapter.ts';
import { keyOf, locateRepository, type RepositoryLocation } from '#core/urls.ts';
import type { GerritSource } from './schema.ts';

/**
 * The base URLs of a Gerrit, the longest paths first: its own, where it asks for credentials (`/a/`: "Access Control" of its REST API),
 * its SSH, and the aliases. URLs come from the parsed config, so that each of them is one.
 */
export function projectBases({ url, ssh, aliases }: Pick<GerritSource, 'url' | 'ssh' | 'aliases'>): readonly RepositoryLocation[] {
  const own = url.replace(/\/+$/, '');
  const host = ssh?.host ?? new URL(url).hostname;
  return [own, `${own}/a`, `ssh://${host}:${ssh?.port ?? 29_418}`, ...aliases]
    .flatMap((base) => locateRepository(base) ?? [])
    .toSorted((a, b) => b.segments.length - a.segments.length);
}

/** The keys under which clusters may know a project. Gerrit tells paths apart by case. */
export function projectKeysAt(bases: readonly RepositoryLocation[], project: string): RepositoryKeys {
  const keys = bases
    .map(({ authority, segments }) => ({ authority, segments: [...segments, ...project.split('/')] }))
    .filter((location) => projectIn(bases, location) === project)
    .map(keyOf);
  return { keys: [...new Set(keys)], caseSensitive: true };
}

/** The project when `url` is one of a base's; undefined otherwise. */
export function projectUnder(bases: readonly RepositoryLocation[], url: string): string | undefined {
  const location = locateRepository(url);
  return location && projectIn(bases, location);
}

/** `/a/app` is the project `app` with credentials, never a project `a/app`: the longest base counts. */
function projectIn(bases: readonly RepositoryLocation[], { authority, segments }: RepositoryLocation): string | undefined {
  const base = bases.find((one) => one.authority === authority && one.segments.every((part, i) => part === segments[i]));
  if (base === undefined || segments.length === base.segments.length) return undefined;
  return segments.slice(base.segments.length).join('/');
}
