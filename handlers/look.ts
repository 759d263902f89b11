import type { Actor } from '#core/actor.ts';
import type { Change } from '#core/change.ts';
import type { NewDelivery } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Archive, DeliveryLog } from '#core/ports/journal.ts';
import type { ReadBack, RefHead } from '#core/ports/read-back.ts';
import { isSameDoubt } from '#core/ref-doubt.ts';
import { hasCommit } from '#core/revision.ts';
import type { SourceObject } from '#core/target.ts';
import { knowsAll } from '#handlers/known-actors.ts';
import { newestChanges } from '#handlers/newest-changes.ts';
import { leadingTag, newestVersion, type Found } from '#handlers/newest-tag.ts';
import { headOf } from '#handlers/order.ts';
import type { WatchedRef } from '#handlers/unheard.ts';
import type { Watched } from '#handlers/watched.ts';

/** What a look at one source works with. */
export interface Look {
  readonly source: string;
  readonly journal: Pick<DeliveryLog, 'append'> & Pick<Archive, 'changes'>;
  readonly readBack: ReadBack;
  /**
   * Whoever moved a ref there, as far as that is certain.
   * @param known the newest change that moved it, undefined when none is known
   */
  readonly moversOf: (of: WatchedRef, head: RefHead, known: Change | undefined) => Promise<readonly Actor[]>;
  /** The same where the head is known already: whoever was not named then has it decided anew. Absent: nobody can be. */
  readonly namedSince?: (of: WatchedRef, head: RefHead, known: Change) => Promise<readonly Actor[]>;
  /** The delivery that tells of it. */
  readonly deliveryOf: (
    of: WatchedRef,
    head: RefHead,
    told: { readonly known: Change | undefined; readonly actors: readonly Actor[] },
  ) => NewDelivery;
  /** Called for each head that is entered, once it is in the journal. */
  readonly onEntered: (entered: Entered) => void;
  /** What the source does not let us look at is gathered here, and hides nothing else. */
  readonly refused: HeadgateError[];
}

/** A head that was entered as a delivery of its own. */
export interface Entered extends WatchedRef {
  readonly head: RefHead;
  /** Id of the delivery. */
  readonly delivery: string;
  /** Whether the head is all that ReadBack.heads tells of the ref: of the leading one of many tags doubts are still to be asked for. */
  readonly whole: boolean;
}

/**
 * Compares what refs of one repository point at with the newest change that is known of each, and enters what differs. Of a ref that nothing is known of,
 * only a head that some object is not at counts.
 * @returns how many of them lead somewhere
 * @throws HeadgateError as ReadBack but SOURCE_REFUSED, JOURNAL_UNAVAILABLE
 */
export async function lookAt(look: Look, repository: string, group: readonly Watched[]): Promise<number> {
  const named = group.flatMap(({ follows }) => ('ref' in follows ? [follows.ref] : []));
  const heads = await headsOf(look, repository, named);
  let present = 0;
  for (const watched of group) {
    const found = await foundBy(look, watched, heads);
    if (!found) continue;
    present++;
    await compare(look, watched, found);
  }
  return present;
}

async function foundBy(look: Look, { follows, sources }: Watched, heads: ReadonlyMap<string, RefHead | null>): Promise<Found | undefined> {
  const { repository } = follows;
  if ('tags' in follows) return unlessRefused(look, () => leadingTag(look.readBack, repository, follows.tags));
  if ('semver' in follows) return unlessRefused(look, () => newestVersion(look.readBack, repository, sources));
  const head = heads.get(follows.ref);
  return head ? { ref: follows.ref, head } : undefined;
}

/** In questions of many refs; where one of those is refused, each by itself, until it is clear that all of them are. */
async function headsOf(look: Look, repository: string, refs: readonly string[]): Promise<ReadonlyMap<string, RefHead | null>> {
  const heads = new Map<string, RefHead | null>();
  const ask = async (some: readonly string[], refused: HeadgateError[]): Promise<void> => {
    const found = await unlessRefused({ refused }, () => look.readBack.heads(repository, some));
    for (const [ref, head] of found ?? []) heads.set(ref, head);
  };
  for (let at = 0; at < refs.length; at += limits.sweep.refs) {
    const some = refs.slice(at, at + limits.sweep.refs);
    const refused: HeadgateError[] = [];
    await ask(some, refused);
    if (refused.length === 0) continue;
    const apart: HeadgateError[] = [];
    for (const ref of some) if (apart.length < limits.sweep.refused) await ask([ref], apart);
    look.refused.push(...apart);
  }
  return heads;
}

async function unlessRefused<T>({ refused }: Pick<Look, 'refused'>, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof HeadgateError) || error.code !== 'SOURCE_REFUSED') throw error;
    refused.push(error);
    return undefined;
  }
}

async function compare(look: Look, { follows, sources }: Watched, { ref, head }: Found): Promise<void> {
  const { repository } = follows;
  const of: WatchedRef = { source: look.source, repository, ref };
  const known = headOf(await newestChanges(look.journal, of));
  const actors = await newActors(look, of, { head, known, sources });
  if (actors === undefined) return;
  const { id, known: wasKnown } = await look.journal.append(look.deliveryOf(of, head, { known, actors }));
  if (!wasKnown) look.onEntered({ ...of, head, delivery: id, whole: 'ref' in follows });
}

/** Whom to name with a head that is news; undefined when it is none. */
async function newActors(
  look: Look,
  of: WatchedRef,
  { head, known, sources }: { readonly head: RefHead; readonly known: Change | undefined; readonly sources: readonly SourceObject[] },
): Promise<readonly Actor[] | undefined> {
  const isSeen = known ? isAt(known, head) : sources.every((source) => hasCommit(source, head.commit));
  if (!isSeen) return look.moversOf(of, head, known);
  const actors = known && (await look.namedSince?.(of, head, known));
  return known && actors && !knowsAll(known, actors) ? together(known, actors) : undefined;
}

/** A head that is in doubt no longer, or newly, is news like another head: it was denied or allowed as it was then. */
function isAt({ revision, readBack }: Change, head: RefHead): boolean {
  return revision === head.commit && (readBack === null || isSameDoubt(readBack.doubts, head.doubts));
}

/** Those who are known to have had a hand in it stay named. */
function together(known: Change, actors: readonly Actor[]): readonly Actor[] {
  const others = known.actors.filter(({ role, account }) => role === 'pusher' && account !== null);
  return [...actors, ...others.filter(({ account }) => !actors.some((actor) => actor.account === account))];
}
