import { movesHead, type Change } from '#core/change.ts';
import type { Hint } from '#core/delivery.ts';

type Known = Pick<Change, 'id' | 'before' | 'after' | 'occurredAt' | 'receivedAt' | 'lateFor' | 'action' | 'readBack'>;

/**
 * The change that stands for the head of a ref: the newest that moved it.
 * @param known changes of one ref, newest first
 */
export function headOf<C extends Known>(known: readonly C[]): C | undefined {
  return known.find(movesHead);
}

/**
 * Did this hint come late, that is after the news of something that happened later on the same ref?
 * Forges deliver in parallel and repeat what failed, so arrival proves little. In this order:
 * what chains directly onto the head or directly before it; the source's own clock; a known change that starts
 * where this one ends; and only then arrival.
 * @param known changes of the ref, newest first
 * @returns the id of the change that is newer, or null when the hint is the newest
 */
export function lateFor(hint: Hint, known: readonly Known[]): string | null {
  const head = headOf(known);
  if (!head || hint.action === 'requested') return null;
  if (hint.again) return isPast(hint, hint.again, head) ? head.id : null;
  const follows = hint.before !== null && hint.before === head.after;
  const precedes = hint.after !== null && hint.after === head.before;
  if (follows && !precedes) return null;
  if (precedes && !follows) return head.id;
  if (hint.occurredAt !== null && head.occurredAt !== null && hint.occurredAt !== head.occurredAt) {
    return hint.occurredAt < head.occurredAt ? head.id : null;
  }
  if (follows) return null;
  const successor = known.find((change) => change.before !== null && change.before === hint.after);
  return successor ? head.id : null;
}

/**
 * Is news that is told again past? It must never take a ref back, and a ref may have come by the same commits since, so its chain
 * proves less than that of fresh news. What a change came of has its place among the others: it is past unless the ref is where it
 * left it. For the rest in this order: the source's own clock; what chains directly onto the head or directly before it; and which
 * of them came first.
 */
function isPast(hint: Hint, { firstAt, handled }: NonNullable<Hint['again']>, head: Known): boolean {
  if (hint.after === head.after) return false;
  if (handled) return true;
  if (hint.occurredAt !== null && head.occurredAt !== null && hint.occurredAt !== head.occurredAt) return hint.occurredAt < head.occurredAt;
  const follows = hint.before !== null && hint.before === head.after;
  const precedes = hint.after !== null && hint.after === head.before;
  return follows === precedes ? firstAt < head.receivedAt : precedes;
}
