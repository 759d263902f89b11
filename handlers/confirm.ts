import type { ReadBackRecord, Standing } from '#core/change.ts';
import type { Clock } from '#core/clock.ts';
import type { Delivery, Hint } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { ReadBack, RefHead } from '#core/ports/read-back.ts';
import { isFresh } from '#handlers/lag.ts';
import type { SeenHeads } from '#handlers/seen-heads.ts';

/** What a source says about the hints of one ref. */
export interface Confirmed {
  /** In the order of the hints. */
  readonly records: readonly ReadBackRecord[];
  /** What the ref leads to; null when there is no such ref. */
  readonly head: RefHead | null;
}

/**
 * Asks a source once where a ref stands, and for each hint whether it is true. A source that does not show yet what it has
 * just announced (replicas lag) is asked again for a while (limits.readBack.lagFor) before it is believed.
 * @param deliveries of one ref, oldest first, each with its hint
 * @throws HeadgateError SOURCE_LAGGING, and those of ReadBack
 */
export async function confirmHints(
  { clock, seen }: { readonly clock: Clock; readonly seen: Pick<SeenHeads, 'of'> },
  readBack: ReadBack,
  deliveries: readonly (Pick<Delivery, 'id' | 'kind' | 'receivedAt'> & { readonly hint: Hint })[],
): Promise<Confirmed> {
  const [first] = deliveries;
  if (!first) return { records: [], head: null };
  const { repository, ref } = first.hint;
  // What came besides may have come after the look: then the head is asked for.
  const head = (deliveries.length === 1 && seen.of(first.id)) || ((await readBack.heads(repository, [ref])).get(ref) ?? null);
  const standings = await Promise.all(deliveries.map(({ hint }, index) => standing(readBack, hint, head, deliveries.length - index)));
  const index = deliveries.findLastIndex(({ hint }) => !hint.again);
  const newest = deliveries[index];
  if (newest && isFresh(clock, newest) && isLagging(newest.hint, head, standings, standings[index])) {
    throw new HeadgateError('SOURCE_LAGGING', `${ref} of ${repository} does not show yet what was announced`);
  }
  const at = clock.now();
  const doubts = head?.doubts ? { doubts: head.doubts } : {};
  return {
    head,
    records: standings.map((one) => ({ by: readBack.by, at, head: head?.commit ?? null, standing: one, ...doubts, range: null })),
  };
}

/** @param age 1 for the newest hint: of many only the newest are asked for, the others are past in any case */
async function standing(readBack: ReadBack, hint: Hint, head: RefHead | null, age: number): Promise<Standing> {
  if (hint.action === 'deleted') return head === null ? 'gone' : 'present';
  if (head === null) return 'gone';
  if (hint.after === null || hint.commit === head.commit || hint.after === head.object) return 'head';
  if (age > limits.readBack.asked) return 'unasked';
  return (await readBack.isAncestor(hint.repository, hint.commit ?? hint.after, head.commit)) === true ? 'behind' : 'off';
}

/** The newest hint is contradicted, and none of the others is the head either. What is replayed was announced long ago. */
function isLagging(newest: Hint, head: RefHead | null, standings: readonly Standing[], contradicted: Standing | undefined): boolean {
  if (standings.includes('head')) return false;
  if (contradicted === 'present') return true;
  if (contradicted === 'gone') return newest.action !== 'deleted';
  return (
    contradicted === 'off' && head !== null && (newest.before === null || newest.before === head.commit || newest.before === head.object)
  );
}
