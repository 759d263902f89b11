import type { Publication } from '#core/publication.ts';
import type { RepositoryKeys } from '#core/ports/source-adapter.ts';
import { keysBelow, repositoryBases, type RepositoryBases } from '#core/repository-bases.ts';
import { repositoryKey } from '#core/urls.ts';
import type { HgSource } from './schema.ts';

/** The base URLs below which the repositories of a host lie. */
export function hgBases({ url, clone, aliases }: Pick<HgSource, 'url' | 'clone' | 'aliases'>): RepositoryBases {
  return repositoryBases([url, ...(clone?.url === undefined ? [] : [clone.url]), ...aliases]);
}

/**
 * The keys under which clusters may know what a repository holds: its own URLs, though Flux fetches nothing from there, and the addresses at which
 * its content is published. Mercurial and registries tell paths apart by case.
 */
export function hgKeysAt(bases: RepositoryBases, publications: readonly Publication[], repository: string): RepositoryKeys {
  const published = publications.filter((one) => one.repository === repository).flatMap(({ url }) => repositoryKey(url) ?? []);
  return { keys: [...new Set([...keysBelow(bases, repository), ...published])], caseSensitive: true };
}
