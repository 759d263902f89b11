import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { ChainHead, NewRecord } from '#core/ports/records.ts';

/** `previous` of the first record. */
export const genesis = '0'.repeat(64);

/** A link as it is stored: its canonical JSON, and the hash over exactly that text. */
export interface ChainLink extends ChainHead {
  readonly document: string;
}

/** SHA-256 in hex over the UTF-8 of a document. */
export function documentHash(document: string): string {
  return hash('sha256', document);
}

/** Makes the link that follows `head`. The hash of the record before is in the document, so each hash stands for all that came before. */
export function nextLink(head: ChainHead, { kind, at, content }: NewRecord): ChainLink {
  const seq = head.seq + 1;
  const document = canonicalJson({ ...content, seq, at: Math.trunc(at), kind, previous: head.hash });
  return { seq, document, hash: documentHash(document) };
}

/** SHA-256 over the canonical JSON of something that a record refers to but does not hold. */
export function digestOf(value: unknown): string {
  return `sha256:${documentHash(canonicalJson(value))}`;
}

/**
 * RFC 8785 knows no lone surrogates, but a name in a payload may hold one: it becomes U+FFFD. Hardly any does, so it is looked for
 * only once the text has been refused.
 */
function canonicalJson(value: unknown): string {
  try {
    return serialize(value);
  } catch {
    return serialize(wellFormed(value));
  }
}

function serialize(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('only JSON can be put on record');
  return text;
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key.toWellFormed(), wellFormed(field)]));
}
