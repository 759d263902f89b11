import { hash } from 'node:crypto';
import type { ChainHead, NewRecord, RecordKind } from '#core/ports/records.ts';
import { canonicalJson } from '#journal/records/canonical-json.ts';

/** `previous` of the first record. */
export const genesis = '0'.repeat(64);

/** A link as it is stored: its canonical JSON, and the hash over exactly that text. */
export interface ChainLink extends ChainHead {
  readonly document: string;
}

/** Where a record stands: fields that every record has. */
export interface Place {
  readonly at: number;
  readonly kind: RecordKind;
  /** The hash of the record before is in the document, so each hash stands for all that came before. */
  readonly previous: string;
  readonly seq: number;
}

/** Writes the canonical JSON of a record at its place. */
export type Draft = (place: Place) => string;

/** SHA-256 in hex over the UTF-8 of a document. */
export function documentHash(document: string): string {
  return hash('sha256', document);
}

/** Makes the link that follows `head`. @param at milliseconds since the epoch */
export function nextLink(head: ChainHead, kind: RecordKind, at: number, draft: Draft): ChainLink {
  const seq = head.seq + 1;
  const document = draft({ at: Math.trunc(at), kind, previous: head.hash, seq });
  return { seq, document, hash: documentHash(document) };
}

/** A draft of any content: what is rare can take its time. */
export function draftOf(content: NewRecord['content']): Draft {
  return (place) => canonicalJson({ ...content, ...place });
}

/** SHA-256 over the canonical JSON of something that a record refers to but does not hold. */
export function digestOf(value: unknown): string {
  return `sha256:${documentHash(canonicalJson(value))}`;
}
