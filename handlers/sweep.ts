import { refOf } from '#core/followed-ref.ts';
import semver from 'semver';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { forEachAtOnce } from '#core/for-each-at-once.ts';
import { limits } from '#core/limits.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { Archive, DeliveryLog } from '#core/ports/journal.ts';
import type { ReadBack, RefHead } from '#core/ports/read-back.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { hasCommit } from '#core/revision.ts';
import type { SourceObject } from '#core/target.ts';
import { matchChange, type Matchable } from '#handlers/match.ts';
import { headOf } from '#handlers/order.ts';
import { pushersOf } from '#handlers/pushers.ts';
import { unheardHead, type WatchedRef } from '#handlers/unheard.ts';

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
  readonly entered: readonly WatchedRef[];
  /** Repositories and refs that the source does not let us look at. */
  readonly refused: readonly HeadgateError[];
}

/** The source objects of one repository that follow one ref, or tags in a range. */
interface Watched {
  readonly repository: string;
  /** null: tags, by the objects' own ranges. */
  readonly ref: string | null;
  readonly sources: readonly SourceObject[];
}

/** What one sweep works with. */
interface Sweep extends Sweeping {
  readonly adapter: SourceAdapter;
  readonly readBack: ReadBack;
  readonly cause: string;
  readonly entered: WatchedRef[];
  readonly refused: HeadgateError[];
}

/**
 * Compares what the watched refs of a source point at with the newest change that is known of each, and enters what differs as
 * deliveries of kind `sweep`. Of a ref that nothing is known of, only a head that some object is not at counts. Refs of one repository are asked
 * for together; what the source refuses hides nothing else.
 * @throws HeadgateError as ReadBack but SOURCE_REFUSED, JOURNAL_UNAVAILABLE
 */
export async function sweepSource(deps: Sweeping, adapter: SourceAdapter, readBack: ReadBack, cause: string): Promise<Swept> {
  const watched = watchedRefs(deps.inventory.sources(), adapter);
  const sweep: Sweep = { ...deps, adapter, readBack, cause, entered: [], refused: [] };
  const repositories = Map.groupBy(watched, ({ repository }) => repository);
  try {
    await forEachAtOnce(repositories, limits.sweep.atOnce, ([repository, group]) => lookAt(sweep, repository, group));
  } finally {
    if (sweep.entered.length > 0) deps.onAccepted();
  }
  return { refs: watched.length, entered: sweep.entered, refused: sweep.refused };
}

async function lookAt(sweep: Sweep, repository: string, group: readonly Watched[]): Promise<void> {
  const named = group.flatMap(({ ref }) => ref ?? []);
  const heads = await headsOf(sweep, repository, named);
  for (const watched of group) {
    const { ref } = watched;
    const found = ref === null ? await unlessRefused(sweep, () => newestTag(sweep.readBack, watched)) : foundAt(ref, heads.get(ref));
    if (found) await look(sweep, watched, found);
  }
}

/** In questions of many refs; where one of those is refused, each by itself, until it is clear that all of them are. */
async function headsOf(sweep: Sweep, repository: string, refs: readonly string[]): Promise<ReadonlyMap<string, RefHead | null>> {
  const heads = new Map<string, RefHead | null>();
  const ask = async (some: readonly string[], refused: HeadgateError[]): Promise<void> => {
    const found = await unlessRefused({ refused }, () => sweep.readBack.heads(repository, some));
    for (const [ref, head] of found ?? []) heads.set(ref, head);
  };
  for (let at = 0; at < refs.length; at += limits.sweep.refs) {
    const some = refs.slice(at, at + limits.sweep.refs);
    const refused: HeadgateError[] = [];
    await ask(some, refused);
    if (refused.length === 0) continue;
    const apart: HeadgateError[] = [];
    for (const ref of some) if (apart.length < limits.sweep.refused) await ask([ref], apart);
    sweep.refused.push(...apart);
  }
  return heads;
}

async function unlessRefused<T>({ refused }: Pick<Sweep, 'refused'>, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof HeadgateError) || error.code !== 'SOURCE_REFUSED') throw error;
    refused.push(error);
    return undefined;
  }
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

async function look(sweep: Sweep, { repository, sources }: Watched, found: Found): Promise<void> {
  const { adapter, journal, clock, cause, log } = sweep;
  const of = { source: adapter.name, repository, ref: found.ref };
  const { items } = await journal.changes(of, { limit: limits.recent.changes, cursor: null });
  const known = headOf(items);
  const isKnown = known ? known.revision === found.head.commit : sources.every((source) => hasCommit(source, found.head.commit));
  if (isKnown) return;
  const actors = await pushersOf(sweep.readBack, of, known, found.head.commit);
  const { known: wasKnown } = await journal.append(unheardHead(clock, of, found.head, { known, actors, cause }));
  if (wasKnown) return;
  sweep.entered.push(of);
  log.info('a sweep found a head that nothing told of', { ...of, revision: found.head.commit });
}

interface Found {
  readonly ref: string;
  readonly head: RefHead;
}

function foundAt(ref: string, head: RefHead | null | undefined): Found | undefined {
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
  return (source) => !hasCommit(source, commit);
}

function createdTag(ref: string, { commit }: RefHead): Matchable {
  return { action: 'created', ref, revision: commit, lateFor: null, readBack: null };
}
