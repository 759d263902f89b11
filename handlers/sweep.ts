import semver from 'semver';
import type { Clock } from '#core/clock.ts';
import { forEachAtOnce } from '#core/for-each-at-once.ts';
import { limits } from '#core/limits.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { Archive, DeliveryLog } from '#core/ports/journal.ts';
import type { ReadBack, RefHead } from '#core/ports/read-back.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { isAtCommit } from '#core/revision.ts';
import type { SourceObject } from '#core/target.ts';
import { matchChange, refOf, type Matchable } from '#handlers/match.ts';
import { headOf } from '#handlers/order.ts';
import { pushersOf } from '#handlers/pushers.ts';
import { unheardHead } from '#handlers/unheard.ts';

export interface Sweeping {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Pick<DeliveryLog, 'append'> & Pick<Archive, 'changes'>;
  readonly inventory: Pick<Inventory, 'sources'>;
  /** A delivery has been entered. */
  readonly onAccepted: () => void;
}

/** What a sweep came to. */
export interface Swept {
  readonly refs: number;
  /** Heads that no change told of. */
  readonly entered: number;
}

/** The source objects of one repository that follow one ref, or tags in a range. */
interface Watched {
  readonly repository: string;
  /** null: tags, by the objects' own ranges. */
  readonly ref: string | null;
  readonly sources: readonly SourceObject[];
}

/**
 * Compares what the watched refs of a source point at with the newest change that is known of each, and enters what differs as
 * deliveries of kind `sweep`. Of a ref that nothing is known of, only a head that some object is not at counts.
 * @throws HeadgateError as ReadBack, JOURNAL_UNAVAILABLE
 */
export async function sweepSource(deps: Sweeping, adapter: SourceAdapter, readBack: ReadBack, cause: string): Promise<Swept> {
  const watched = watchedRefs(deps.inventory.sources(), adapter);
  let entered = 0;
  await forEachAtOnce(watched, limits.sweep.atOnce, async (one) => {
    if (await look(deps, adapter, readBack, one, cause)) entered++;
  });
  if (entered > 0) deps.onAccepted();
  return { refs: watched.length, entered };
}

/** Objects that are pinned to a commit follow nothing; a ref that is pinned to a name is followed as it is. */
function watchedRefs(sources: readonly SourceObject[], adapter: SourceAdapter): readonly Watched[] {
  const pairs = sources.flatMap((source) => {
    const repository = adapter.repositoryAt(source.url);
    const ref = watchedRef(source);
    return repository === undefined || ref === undefined ? [] : [{ repository, ref, source }];
  });
  const groups = Map.groupBy(pairs, ({ repository, ref }) => JSON.stringify([repository, ref]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first ? [{ repository: first.repository, ref: first.ref, sources: group.map(({ source }) => source) }] : [];
  });
}

function watchedRef({ ref }: SourceObject): string | null | undefined {
  if (ref.commit) return undefined;
  const followed = refOf(ref);
  return typeof followed === 'string' ? followed : null;
}

async function look(deps: Sweeping, adapter: SourceAdapter, readBack: ReadBack, watched: Watched, cause: string): Promise<boolean> {
  const { repository, sources } = watched;
  const found = watched.ref === null ? await newestTag(readBack, watched) : await headAt(readBack, repository, watched.ref);
  if (!found) return false;
  const of = { source: adapter.name, repository, ref: found.ref };
  const { items } = await deps.journal.changes(of, { limit: limits.recent.changes, cursor: null });
  const known = headOf(items);
  const isKnown = known
    ? known.revision === found.head.commit
    : sources.every((source) => isAtCommit(source.artifactRevision, found.head.commit));
  if (isKnown) return false;
  const actors = await pushersOf(readBack, of, known, found.head.commit);
  const { known: wasKnown } = await deps.journal.append(unheardHead(deps.clock, of, found.head, { known, actors, cause }));
  if (!wasKnown) deps.log.info('a sweep found a head that nothing told of', { ...of, revision: found.head.commit });
  return !wasKnown;
}

interface Found {
  readonly ref: string;
  readonly head: RefHead;
}

async function headAt(readBack: ReadBack, repository: string, ref: string): Promise<Found | undefined> {
  const head = (await readBack.heads(repository, [ref])).get(ref);
  return head ? { ref, head } : undefined;
}

/** The highest version that would move one of the objects, by the rules of matching. */
async function newestTag(readBack: ReadBack, { repository, sources }: Watched): Promise<Found | undefined> {
  const versions = [...(await readBack.tags(repository))].flatMap(([ref, head]) => {
    const version = semver.parse(ref.slice('refs/tags/'.length));
    return version ? [{ ref, head, version }] : [];
  });
  return versions
    .toSorted((a, b) => semver.compare(b.version, a.version))
    .find(({ ref, head }) => matchChange(createdTag(ref, head), sources).matched.some(isElsewhere(head)));
}

function isElsewhere({ commit }: RefHead): (source: SourceObject) => boolean {
  return (source) => !isAtCommit(source.artifactRevision, commit);
}

function createdTag(ref: string, { commit }: RefHead): Matchable {
  return { action: 'created', ref, revision: commit, lateFor: null, readBack: null };
}
