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
 * @param known changes of the ref, newest first
 * @returns the id of the change that is newer, or null when the hint is the newest
 */
export function lateFor(hint: Hint, known: readonly Known[]): string | null {
  const head = headOf(known);
  if (!head || hint.action === 'requested') return null;
  const isLate = hint.again ? isPast(hint, hint.again, head) : isOlder(hint, head, known);
  return isLate ? head.id : null;
}

/**
 * Forges deliver in parallel and repeat what failed, so arrival proves little. In this order:
 * what chains directly onto the head or directly before it; the source's own clock; a known change that starts
 * where this one ends; and only then arrival.
 */
function isOlder(hint: Hint, head: Known, known: readonly Known[]): boolean {
  const { follows, precedes } = chain(hint, head);
  if (follows !== precedes) return precedes;
  const byClock = isOlderByClock(hint, head);
  if (byClock !== undefined) return byClock;
  return !follows && known.some((change) => change.before !== null && change.before === hint.after);
}

/**
 * News that is told again must never take a ref back, and a ref may have come by the same commits since, so its chain proves less
 * than that of fresh news. What a change came of has its place among the others: it is past unless the ref is where it left it.
 * For the rest in this order: the source's own clock; what chains directly onto the head or directly before it; and which of them
 * came first.
 */
function isPast(hint: Hint, { firstAt, handled }: NonNullable<Hint['again']>, head: Known): boolean {
  if (hint.after === head.after) return false;
  if (handled) return true;
  const byClock = isOlderByClock(hint, head);
  if (byClock !== undefined) return byClock;
  const { follows, precedes } = chain(hint, head);
  return follows === precedes ? firstAt < head.receivedAt : precedes;
}

function chain(hint: Hint, head: Known): { readonly follows: boolean; readonly precedes: boolean } {
  return {
    follows: hint.before !== null && hint.before === head.after,
    precedes: hint.after !== null && hint.after === head.before,
  };
}

/** undefined when the clock does not tell. */
function isOlderByClock(hint: Hint, head: Known): boolean | undefined {
  if (hint.occurredAt === null || head.occurredAt === null || hint.occurredAt === head.occurredAt) return undefined;
  return hint.occurredAt < head.occurredAt;
}
