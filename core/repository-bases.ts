import { keyOf, locateRepository, type RepositoryLocation } from '#core/urls.ts';

/** Base URLs that names of repositories, of any depth, are appended to; the longest paths first. */
export type RepositoryBases = readonly RepositoryLocation[];

/** @param urls from the parsed config, so that each of them is one; what is none counts for nothing */
export function repositoryBases(urls: readonly string[]): RepositoryBases {
  return urls.flatMap((url) => locateRepository(url) ?? []).toSorted((a, b) => b.segments.length - a.segments.length);
}

/** The keys of a repository below each base that it lies below. */
export function keysBelow(bases: RepositoryBases, repository: string): readonly string[] {
  const keys = bases
    .map(({ authority, segments }) => ({ authority, segments: [...segments, ...repository.split('/')] }))
    .filter((location) => nameOf(bases, location) === repository)
    .map(keyOf);
  return [...new Set(keys)];
}

/** The name of the repository at `url`; undefined when that lies below no base. */
export function nameBelow(bases: RepositoryBases, url: string): string | undefined {
  const location = locateRepository(url);
  return location && nameOf(bases, location);
}

/** The longest base counts: below `/hg/team` there is no repository `team/infra` of `/hg`. */
function nameOf(bases: RepositoryBases, { authority, segments }: RepositoryLocation): string | undefined {
  const base = bases.find((one) => one.authority === authority && one.segments.every((part, i) => part === segments[i]));
  if (base === undefined || segments.length === base.segments.length) return undefined;
  return segments.slice(base.segments.length).join('/');
}
