import type { Publication } from '#core/publication.ts';
import type { RepositoryKeys } from '#core/ports/source-adapter.ts';
import { keyOf, locateRepository, repositoryKey, type RepositoryLocation } from '#core/urls.ts';
import type { HgSource } from './schema.ts';

/** The base URLs below which the repositories of a host lie, the longest paths first. URLs come from the parsed config, so that each of them is one. */
export function hgBases({ url, clone, aliases }: Pick<HgSource, 'url' | 'clone' | 'aliases'>): readonly RepositoryLocation[] {
  return [url, ...(clone?.url === undefined ? [] : [clone.url]), ...aliases]
    .flatMap((base) => locateRepository(base) ?? [])
    .toSorted((a, b) => b.segments.length - a.segments.length);
}

/**
 * The keys under which clusters may know what a repository holds: its own URLs, though Flux fetches nothing from there, and the addresses at which
 * its content is published. Mercurial and registries tell paths apart by case.
 */
export function hgKeysAt(bases: readonly RepositoryLocation[], publications: readonly Publication[], repository: string): RepositoryKeys {
  const own = bases
    .map(({ authority, segments }) => ({ authority, segments: [...segments, ...repository.split('/')] }))
    .filter((location) => repositoryIn(bases, location) === repository)
    .map(keyOf);
  const published = publications.filter((one) => one.repository === repository).flatMap(({ url }) => repositoryKey(url) ?? []);
  return { keys: [...new Set([...own, ...published])], caseSensitive: true };
}

/** The repository when `url` is one of a base's; undefined otherwise. */
export function hgRepositoryUnder(bases: readonly RepositoryLocation[], url: string): string | undefined {
  const location = locateRepository(url);
  return location && repositoryIn(bases, location);
}

/** The longest base counts: below `/hg/team` there is no repository `team/infra` of `/hg`. */
function repositoryIn(bases: readonly RepositoryLocation[], { authority, segments }: RepositoryLocation): string | undefined {
  const base = bases.find((one) => one.authority === authority && one.segments.every((part, i) => part === segments[i]));
  if (base === undefined || segments.length === base.segments.length) return undefined;
  return segments.slice(base.segments.length).join('/');
}
