import { anyRef, type Delivery, type DeliveryState } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { isId } from '#core/ids.ts';
import { limits } from '#core/limits.ts';
import type { Archive, DeliveryFilter } from '#core/ports/journal.ts';

/** Which deliveries are meant: by name (our id, or the sender's), or all that were received within a span of time. */
export type ReplaySelection = { readonly deliveries: readonly string[] } | ReplayRange;

export interface ReplayRange extends Pick<DeliveryFilter, 'source' | 'repository' | 'until'> {
  readonly since: number;
  readonly state?: Exclude<DeliveryState, 'pending'>;
}

/** A delivery that is meant, or why there is none of that name. */
export type Selected = { readonly delivery: Delivery } | { readonly name: string; readonly error: HeadgateError };

type Journal = Pick<Archive, 'delivery' | 'deliveries'>;

/**
 * Finds what is meant, oldest first; names that mean nothing come last. News that name a repository alone mean what was found because of them too: they
 * themselves find nothing a second time.
 * @throws HeadgateError REQUEST_INVALID when a span of time holds more than is replayed at once
 */
export async function selectDeliveries(journal: Journal, selection: ReplaySelection): Promise<readonly Selected[]> {
  if (!('deliveries' in selection)) return (await inRange(journal, selection)).map((delivery) => ({ delivery }));
  const named = await Promise.all(selection.deliveries.map((name) => byName(journal, name)));
  const found = await Promise.all(named.map((one) => foundBecauseOf(journal, one)));
  return withoutRepeats([...named, ...found.flat()]).toSorted((one, other) => seqOf(one) - seqOf(other));
}

function seqOf(selected: Selected): number {
  return 'delivery' in selected ? selected.delivery.seq : Number.POSITIVE_INFINITY;
}

/** What Headgate entered on somebody's word is left out: a request is theirs to repeat, and a replay's first delivery is in its own place. */
async function inRange(journal: Journal, range: ReplayRange): Promise<readonly Delivery[]> {
  const found: Delivery[] = [];
  let cursor: string | null = null;
  do {
    const page = await journal.deliveries(range, { limit: limits.journal.pageMax, cursor });
    found.push(...page.items.filter(({ kind }) => kind !== 'request' && kind !== 'replay'));
    cursor = page.next;
  } while (cursor !== null && found.length <= limits.replay.deliveries);
  if (found.length <= limits.replay.deliveries) return found.toReversed();
  throw new HeadgateError(
    'REQUEST_INVALID',
    `more than ${limits.replay.deliveries} deliveries fit, which is more than are replayed at once`,
    {
      hint: 'Narrow it: a later `since` or an earlier `until`, one `source`, one `repository`, or one `state` such as dead.',
    },
  );
}

async function foundBecauseOf(journal: Journal, selected: Selected): Promise<readonly Selected[]> {
  if (!('delivery' in selected) || selected.delivery.hint?.ref !== anyRef) return [];
  const { items } = await journal.deliveries({ cause: selected.delivery.id }, { limit: limits.journal.pageMax, cursor: null });
  return items.map((delivery) => ({ delivery }));
}

/** What is named, and found because of something else that is, is meant once. */
function withoutRepeats(selected: readonly Selected[]): readonly Selected[] {
  const nameOf = (one: Selected): string => ('delivery' in one ? one.delivery.id : one.name);
  return [...new Map(selected.map((one) => [nameOf(one), one])).values()];
}

async function byName(journal: Journal, name: string): Promise<Selected> {
  try {
    return { delivery: await firstOf(journal, await named(journal, name)) };
  } catch (error) {
    if (error instanceof HeadgateError) return { name, error };
    throw error;
  }
}

async function named(journal: Journal, name: string): Promise<Delivery> {
  const [found, ...more] = isId('dlv', name)
    ? [await journal.delivery(name)]
    : (await journal.deliveries({ deliveryId: name }, { limit: 2, cursor: null })).items;
  if (more.length > 0) throw new HeadgateError('AMBIGUOUS', `several sources sent a delivery ${name}; give Headgate's own id`);
  if (found) return found;
  throw new HeadgateError('NOT_FOUND', `there is no delivery ${name}`, { hint: 'List what there is with `headgate get deliveries`.' });
}

/** The replay of a replay is one of the first delivery. */
async function firstOf(journal: Journal, delivery: Delivery): Promise<Delivery> {
  if (delivery.replayOf === null) return delivery;
  const first = await journal.delivery(delivery.replayOf);
  if (first) return first;
  throw new HeadgateError('NOT_FOUND', `${delivery.id} replays ${delivery.replayOf}, which is no longer on record`);
}
