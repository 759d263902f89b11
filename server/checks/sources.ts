import { HeadgateError } from '#core/errors.ts';
import type { Check } from '#core/finding.ts';
import { followedNow } from '#core/followed.ts';
import { limits } from '#core/limits.ts';
import type { Archive } from '#core/ports/journal.ts';
import type { SourceAdapter, SourceCheckQuestion } from '#core/ports/source-adapter.ts';
import type { SourceObject } from '#core/target.ts';

/**
 * What each source's adapter looks at.
 * @param objects what clusters follow now
 * @param lastReceived when an event of that source was last journalled; undefined = not known here
 * @param groups ids of the source's own groups that policies name; undefined = not known here
 */
export function sourceChecks(
  sources: Iterable<SourceAdapter>,
  objects: () => Promise<readonly Followed[]>,
  lastReceived: (source: string) => Promise<number | null | undefined>,
  groups: (source: string) => readonly string[] | undefined = () => undefined,
): readonly Check[] {
  return [...sources].flatMap((source) => {
    const { name, check } = source;
    if (check === undefined) return [];
    const run = async () => {
      const named = groups(name);
      const asked = { ...followed(source, await objects()), lastReceivedAt: await lastReceived(name) };
      return check(named === undefined ? asked : { ...asked, groups: named });
    };
    return [{ about: `source ${name}`, run }];
  });
}

type Followed = Pick<SourceObject, 'target' | 'url' | 'ref' | 'artifactRevision'>;

/** Repositories and refs of a source that objects follow, each once. */
function followed(source: SourceAdapter, objects: readonly Followed[]): Pick<SourceCheckQuestion, 'repositories' | 'refs'> {
  const all = objects.flatMap((object) => followedNow(source, object) ?? []);
  const named = all.flatMap(({ repository, ref }) => (ref === undefined ? [] : [{ repository, ref }]));
  const refs = new Map(named.map((watched) => [JSON.stringify([watched.repository, watched.ref]), watched]));
  return { repositories: [...new Set(all.map(({ repository }) => repository))].toSorted(), refs: [...refs.values()] };
}

/** Those that are about one source; all without one. @throws HeadgateError SOURCE_UNKNOWN */
export function onlyAbout(checks: readonly Check[], source: string | undefined): readonly Check[] {
  if (source === undefined) return checks;
  const own = checks.filter(({ about }) => about === `source ${source}`);
  if (own.length > 0) return own;
  const there = [...new Set(checks.flatMap(({ about }) => (about.startsWith('source ') ? [about.slice('source '.length)] : [])))];
  throw new HeadgateError('SOURCE_UNKNOWN', `no source ${source} is configured`, { hint: `There is: ${there.join(', ') || 'none'}.` });
}

/** When the journal last took a delivery that the source itself sent. */
export function lastReceived(journal: Pick<Archive, 'deliveries'>): (source: string) => Promise<number | null> {
  return async (source) => {
    const { items } = await journal.deliveries({ source }, { limit: limits.check.deliveries, cursor: null });
    return items.find(({ kind }) => kind === 'webhook' || kind === 'stream')?.receivedAt ?? null;
  };
}
