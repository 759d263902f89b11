import type { Check } from '#core/finding.ts';
import { limits } from '#core/limits.ts';
import type { Archive } from '#core/ports/journal.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { SourceObject } from '#core/target.ts';

/**
 * What each source's adapter looks at.
 * @param objects what clusters follow now
 * @param lastReceived when a webhook of that source was last journalled; undefined = not known here
 */
export function sourceChecks(
  sources: Iterable<SourceAdapter>,
  objects: () => Promise<readonly Pick<SourceObject, 'url'>[]>,
  lastReceived: (source: string) => Promise<number | null | undefined>,
): readonly Check[] {
  return [...sources].flatMap((source) => {
    const { name, check } = source;
    if (check === undefined) return [];
    const run = async () => check({ repositories: followed(source, await objects()), lastReceivedAt: await lastReceived(name) });
    return [{ about: `source ${name}`, run }];
  });
}

/** Full names of the repositories of a source that objects follow, each once. */
function followed(source: SourceAdapter, objects: readonly Pick<SourceObject, 'url'>[]): readonly string[] {
  return [...new Set(objects.flatMap(({ url }) => source.repositoryAt(url) ?? []))].toSorted();
}

/** When the journal last took a delivery that the source itself sent. */
export function lastReceived(journal: Pick<Archive, 'deliveries'>): (source: string) => Promise<number | null> {
  return async (source) => {
    const { items } = await journal.deliveries({ source }, { limit: limits.check.deliveries, cursor: null });
    return items.find(({ kind }) => kind === 'webhook')?.receivedAt ?? null;
  };
}
