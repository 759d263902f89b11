import { createHash } from 'node:crypto';

/*
 * What a look found that news had asked for names them in its sender's id, which the journal holds unique: no column of its own is needed to follow
 * it back, nor to enter it once.
 */

/** The sender's id of what was found. @param cause id of the delivery that told of something @param seen what was seen */
export function lookId(cause: string, seen: unknown): string {
  const digest = createHash('sha256').update(JSON.stringify(seen)).digest('hex');
  return `${lookPrefix(cause)}${digest.slice(0, 32)}`;
}

/** What the sender's ids of all that was found because of a delivery begin with, and no others of looks do. */
export function lookPrefix(cause: string): string {
  return `look-${cause}-`;
}

/** The delivery that a look was taken because of; undefined for what is of no such look. */
export function causeOf({ kind, deliveryId }: { readonly kind: string; readonly deliveryId: string }): string | undefined {
  return kind === 'look' ? /^look-(.+)-[0-9a-f]{32}$/.exec(deliveryId)?.[1] : undefined;
}
