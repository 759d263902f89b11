import type { Received } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { readEvent, receivedOf } from './read-event.ts';

/** What a line of a stream is to whoever listens. */
export type StreamLine =
  /** To be journalled. */
  | { readonly kind: 'event'; readonly received: Received }
  /** To be forgotten: it moves no branch and no tag. */
  | { readonly kind: 'noise' }
  /** `dropped-output`: events are missing, also some that come after this line. */
  | { readonly kind: 'dropped' }
  /** No event, or not one that can be read: what it told of has to be looked for. `reason` quotes nothing of it. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Reads one line of `gerrit stream-events`, without its newline. Never throws for what the line says. */
export function readLine(line: Uint8Array): StreamLine {
  try {
    const event = readEvent(line);
    return event.kind === 'hint' ? { kind: 'event', received: receivedOf(event) } : { kind: event.kind };
  } catch (error) {
    if (error instanceof HeadgateError && error.code === 'PAYLOAD_INVALID') return { kind: 'unreadable', reason: error.message };
    throw error;
  }
}
