import { createHash } from 'node:crypto';
import type { Hint, Reading, Received } from '#core/delivery.ts';
import { parseJson } from '#core/json.ts';
import { limits } from '#core/limits.ts';
import { parsePayload } from '#core/payload.ts';
import { parseRef } from '#core/refs.ts';
import { fullRef, hintOfMerge, hintOfUpdate, refOfMerge } from './hint.ts';
import { isNoise } from './noise.ts';
import { AnyEvent, ChangeMerged, RefUpdated } from './payload.ts';

/** A branch or tag seems to have moved. */
export interface MovedRef {
  readonly kind: 'hint';
  readonly event: string;
  readonly deliveryId: string;
  readonly hint: Hint;
}

/** What an event says, over whichever transport it came. */
export type GerritEvent =
  | MovedRef
  /** Nothing comes of it. */
  | { readonly kind: 'noise'; readonly reason: string }
  /** `dropped-output`: the stream has left out events, which may be later ones than this. */
  | { readonly kind: 'dropped' };

/**
 * Reads one event as Gerrit writes it: a line of `gerrit stream-events` or of the events-log, or the body of a webhook.
 * @throws HeadgateError PAYLOAD_INVALID
 */
export function readEvent(bytes: Uint8Array): GerritEvent {
  if (isNoise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))) return otherRef;
  const json = parseJson(bytes, limits.http.jsonDepth);
  const { type } = parsePayload(AnyEvent, 'an event', json);
  switch (type) {
    case 'ref-updated':
      return readUpdate(parsePayload(RefUpdated, type, json));
    case 'change-merged':
      return readMerge(parsePayload(ChangeMerged, type, json));
    case 'dropped-output':
      return { kind: 'dropped' };
    case 'batch-ref-updated':
      // It also names refs that the account may not read, so that nothing of it is kept.
      return { kind: 'noise', reason: 'batch-ref-updated: each ref is told of by a ref-updated of its own' };
    default:
      return { kind: 'noise', reason: `event ${type} moves no branch or tag` };
  }
}

/** An event as it is handed on; nothing else that comes with it is worth keeping. */
export function receivedOf({ event, deliveryId, hint }: MovedRef): Received {
  return { deliveryId, event, headers: {}, reading: { hint } };
}

/** What an adapter makes of it. */
export function readingOf(event: GerritEvent): Reading {
  if (event.kind === 'hint') return { hint: event.hint };
  return { ignored: event.kind === 'noise' ? event.reason : droppedOutput };
}

export const droppedOutput = 'dropped-output: events were left out';

function readUpdate(event: RefUpdated): GerritEvent {
  const { oldRev, newRev, refName, project } = event.refUpdate;
  const ref = fullRef(refName);
  if (!isBranchOrTag(ref)) return otherRef;
  const deliveryId = idOf('ref-updated', [project, ref, oldRev, newRev, event.eventCreatedOn ?? null]);
  return { kind: 'hint', event: 'ref-updated', deliveryId, hint: hintOfUpdate(event) };
}

function readMerge(event: ChangeMerged): GerritEvent {
  const type = 'change-merged';
  if (!isBranchOrTag(refOfMerge(event))) return otherRef;
  const { newRev } = event;
  if (typeof newRev !== 'string') return { kind: 'noise', reason: 'change-merged without newRev: its ref-updated tells more' };
  const deliveryId = idOf(type, [event.repository, event.change.number, event.patchSet?.revision ?? null]);
  return { kind: 'hint', event: type, deliveryId, hint: hintOfMerge(newRev, event) };
}

const otherRef: GerritEvent = { kind: 'noise', reason: 'the ref is neither a branch nor a tag' };

function isBranchOrTag(ref: string): boolean {
  const kind = parseRef(ref)?.kind;
  return kind === 'branch' || kind === 'tag';
}

/**
 * Events have no id. What they tell makes one, so that the same event has the same one over each transport and from each listener:
 * of what both transports write alike, and never of bytes.
 */
function idOf(type: string, parts: readonly (string | number | null)[]): string {
  return `${type}:${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}`;
}
