import { createHash } from 'node:crypto';

/*
 * A replay names what it replays in the sender's id, which the journal holds unique: no column of its own is needed to follow it
 * back, nor to enter it once.
 */

/** The sender's id of the replay of a delivery. @param key the same for what must enter once */
export function replayId(delivery: string, key: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([delivery, key]))
    .digest('hex');
  return `${replayPrefix(delivery)}${digest.slice(0, 32)}`;
}

/** What the sender's ids of all replays of a delivery begin with, and no others of replays do. */
export function replayPrefix(delivery: string): string {
  return `replay-${delivery}-`;
}

/** The delivery that a replay replays; null for what is no replay. */
export function replayedBy({ kind, deliveryId }: { readonly kind: string; readonly deliveryId: string }): string | null {
  return kind === 'replay' ? (/^replay-(.+)-[0-9a-f]{32}$/.exec(deliveryId)?.[1] ?? null) : null;
}
