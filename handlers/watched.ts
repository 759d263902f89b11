import { followed, type Followed } from '#core/followed.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { SourceObject } from '#core/target.ts';

/** The source objects of one repository that follow one ref, or some of its tags. */
export interface Watched {
  readonly follows: Followed;
  readonly sources: readonly SourceObject[];
}

/** What objects follow on a source, each once. Objects that are pinned follow nothing; all ranges of versions of a repository are one. */
export function watchedRefs(sources: readonly SourceObject[], adapter: SourceAdapter): readonly Watched[] {
  const pairs = sources.flatMap((source) => {
    const follows = followed(adapter, source);
    return follows ? [{ follows, source }] : [];
  });
  const groups = Map.groupBy(pairs, ({ follows }) => keyOf(follows));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first ? [{ follows: first.follows, sources: group.map(({ source }) => source) }] : [];
  });
}

function keyOf(follows: Followed): string {
  const { repository } = follows;
  if ('ref' in follows) return JSON.stringify([repository, 'ref', follows.ref]);
  return 'tags' in follows ? JSON.stringify([repository, 'tags', follows.tags]) : JSON.stringify([repository, 'semver']);
}
