import { HeadgateError } from '#core/errors.ts';

/** Lists that have pages; a cursor of one means nothing to another. */
export type ListName = 'deliveries' | 'changes' | 'decisions' | 'reconciles' | 'records';

/** An opaque cursor for what is older than a position. */
export function encodeCursor(list: ListName, seq: number): string {
  return Buffer.from(`${list}:${seq}`).toString('base64url');
}

/**
 * The position that a cursor stands for.
 * @throws HeadgateError REQUEST_INVALID when the text is no cursor of that list
 */
export function decodeCursor(list: ListName, cursor: string): number {
  const [, seq] = /^[a-z]+:([1-9]\d{0,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (seq !== undefined && encodeCursor(list, Number(seq)) === cursor) return Number(seq);
  throw new HeadgateError('REQUEST_INVALID', `the cursor is not one of the list of ${list}`, {
    hint: 'Take it from `next` of the page before, with the same filters, or leave it out.',
  });
}
