import semver from 'semver';
import { publicationOf } from '#core/followed.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { addressOf, type Publication } from '#core/publication.ts';
import { targetKey, type SourceObject } from '#core/target.ts';
import { publishedAt } from '#handlers/match-published.ts';

/** What moves when a tag does, in every cluster that is known. */
export interface Movers {
  /** Every object that follows it. */
  readonly followers: readonly SourceObject[];
  /** In words, of which objects it cannot be told whether they would move. */
  readonly unclear: readonly string[];
}

/** Everything that moves when the tag of a publication does. */
export function moversOf(inventory: Pick<Inventory, 'sourcesAt'>, adapter: SourceAdapter, publication: Publication): Movers {
  const there = inventory
    .sourcesAt(adapter.repositoryKeys(publication.repository))
    .filter((source) => publishedAt(source, [publication]).length > 0);
  return {
    followers: there.filter((source) => movesBy(adapter, source) === addressOf(publication)),
    unclear: unclearOf(there, publication),
  };
}

/** The address whose tag moves an object; undefined for one that nothing published moves. */
export function movesBy(adapter: SourceAdapter, source: SourceObject): string | undefined {
  const publication = publicationOf(adapter, source);
  return publication && addressOf(publication);
}

/** A range that the tag lies in: which of the tags in it the object gets, only the registry knows. */
function unclearOf(there: readonly SourceObject[], { tag }: Publication): readonly string[] {
  return there.flatMap(({ target, ref }) => {
    if (ref.digest || !ref.semver || semver.parse(tag) === null) return [];
    const range = ref.semver.replaceAll(',', ' ');
    const isIn = semver.validRange(range) === null || semver.satisfies(tag, range, { includePrerelease: true });
    return isIn
      ? [`${targetKey(target)} follows versions in the range ${ref.semver}, and ${tag} may be the one that it gets: name the tag there`]
      : [];
  });
}
