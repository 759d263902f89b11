import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { Page, PageRequest } from '#core/ports/journal.ts';
import { decodeCursor, encodeCursor, type ListName } from '#journal/cursor.ts';

/** Positions from `from` (included) to `to` (excluded). */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Paged<R> {
  readonly list: ListName;
  /** The highest position there is. */
  readonly last: () => number | Promise<number>;
  /** Rows that fit within a span, newest first, at most `limit`. */
  readonly read: (span: Span, limit: number) => readonly R[] | Promise<readonly R[]>;
  /** A look at a span that takes less is quick, milliseconds. */
  readonly quick: number;
}

/**
 * Reads one page from the newest to the oldest. A filter that few rows pass may have to look at all of them, so it looks at
 * a span of positions at a time and lets other work run in between; spans widen while they cost little.
 * @throws HeadgateError REQUEST_INVALID for a cursor that is none
 */
export async function readPage<R extends { readonly seq: number }, T>(
  { list, last, read, quick }: Paged<R>,
  { limit, cursor }: PageRequest,
  clock: Clock,
  convert: (row: R) => T,
): Promise<Page<T>> {
  const wanted = pageSize(limit);
  const rows: R[] = [];
  let width: number = limits.journal.spanRows;
  let to = cursor === null ? (await last()) + 1 : decodeCursor(list, cursor);
  while (to > 1 && rows.length <= wanted) {
    const from = Math.max(1, to - width);
    const began = clock.monotonic();
    rows.push(...(await read({ from, to }, wanted + 1 - rows.length)));
    const isQuick = clock.monotonic() - began < quick;
    width = isQuick ? Math.min(width * 2, limits.journal.spanRowsMax) : limits.journal.spanRows;
    to = from;
    if (to > 1 && rows.length <= wanted) await new Promise((resolve) => setImmediate(resolve));
  }
  return toPage(list, rows, wanted, convert);
}

/** As many items as were asked for, within bounds. */
export function pageSize(limit: number): number {
  return Math.max(1, Math.min(Math.trunc(limit), limits.journal.pageMax));
}

/** @param rows one more than wanted was asked for, to know whether there is a next page */
export function toPage<R extends { readonly seq: number }, T>(
  list: ListName,
  rows: readonly R[],
  wanted: number,
  convert: (row: R) => T,
): Page<T> {
  const shown = rows.slice(0, wanted);
  const oldest = shown.at(-1);
  const next = rows.length > wanted && oldest ? encodeCursor(list, oldest.seq) : null;
  return { items: shown.map(convert), next };
}
