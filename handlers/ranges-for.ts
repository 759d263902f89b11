import type { Change } from '#core/change.ts';
import { publicationOf } from '#core/followed.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { SourceObject } from '#core/target.ts';
import { noRanges, readRanges, type RangeDeps, type Ranges } from '#handlers/ranges.ts';
import { rangeNeeds, type OfSource } from '#policy/range-needs.ts';

/**
 * Asks the source what a change brings to the targets that it matches: for what would move something, and for an older revision that was
 * asked for only where a policy needs it.
 * @param fresh as in RangeQuestion
 * @throws HeadgateError those of ReadBack
 */
export async function rangesFor(
  deps: RangeDeps,
  adapter: Pick<SourceAdapter, 'readBack' | 'name' | 'votes' | 'publisher' | 'repositoryAt'>,
  change: Change,
  matching: () => readonly SourceObject[],
  fresh?: true,
): Promise<Ranges> {
  const { repository, ref, revision } = change;
  const { readBack, name, votes } = adapter;
  const of = { source: name, ref, votes: votes === true };
  if (!readBack) return noRanges(`source ${name} is not asked: give it its \`api\``);
  const standing = change.readBack?.standing;
  if (revision === null || (standing !== 'head' && standing !== 'behind')) return noRanges(`${name} does not say that ${ref} leads there`);
  const matched = matching();
  if (matched.length === 0 || (standing === 'behind' && !needed(deps, matched, of))) return noRanges('no policy asks for it');
  return readRanges(deps, readBack, { ...of, repository, revision, fresh, published: (source) => publicationOf(adapter, source) }, matched);
}

/** Whether any policy about one of the targets has rules about what came to it. */
export function needed(
  { policies, inventory }: Pick<RangeDeps, 'policies' | 'inventory'>,
  sources: readonly SourceObject[],
  of: OfSource,
): boolean {
  const set = policies();
  return sources.some((source) => rangeNeeds(set, inventory.footprint(source), of) !== null);
}
