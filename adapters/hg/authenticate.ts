import { timingSafeEqual } from 'node:crypto';
import { HeadgateError } from '#core/errors.ts';
import { singleHeader, wellFormedHeader } from '#core/inbound-headers.ts';
import { limits } from '#core/limits.ts';
import type { InboundRequest } from '#core/ports/source-adapter.ts';
import { describeSubject, type Subject } from '#core/subject.ts';
import { webhookMac } from '#core/webhook-signature.ts';
import type { Opened } from './sender.ts';

/** Of the message, however often it is sent: the hook takes the transaction's. Without full stops, which part what is signed. */
const idForm = new RegExp(`^[A-Za-z0-9_:-]{1,${limits.hint.deliveryIdChars}}$`);

/** Seconds since the epoch. */
const timestampForm = /^\d{1,12}$/;

/** More than a sender has live secrets. */
const SIGNATURES = 20;

/**
 * Checks that a body was signed just now under one of the live secrets, as Standard Webhooks 1.0.0 says ("Signature scheme"): `webhook-id`,
 * `webhook-timestamp` of this attempt, and `webhook-signature` with one or several `v1,BASE64`. What the hook has kept for later it signs when it
 * sends it, so that an old timestamp is somebody's copy, or a clock that is wrong.
 * @param secrets those that are live now; all are tried, so that the time it takes does not tell which one fits
 * @param now milliseconds since the epoch
 * @returns the id
 * @throws HeadgateError SIGNATURE_MISSING, SIGNATURE_INVALID, SIGNATURE_STALE, HEADER_INVALID, SECRET_UNAVAILABLE
 */
export function authenticate({ headers, body }: Pick<InboundRequest, 'headers' | 'body'>, secrets: readonly Buffer[], now: number): string {
  const signatures = signaturesOf(headers);
  const id = wellFormedHeader(headers, 'webhook-id', idForm);
  const timestamp = wellFormedHeader(headers, 'webhook-timestamp', timestampForm);
  if (
    !isAmong(
      signatures,
      secrets.map((secret) => webhookMac(secret, id, timestamp, body)),
    )
  )
    throw new HeadgateError('SIGNATURE_INVALID', `no match under ${secrets.length} live secret(s)`);
  requireFresh(Number(timestamp) * 1_000, now);
  return id;
}

/**
 * Checks that whoever showed a token is one whose deliveries are taken. What they sent is theirs by the connection that it came over: nothing binds the
 * token to the body, and it is good for as many deliveries as are sent while it lives.
 * @throws HeadgateError SENDER_UNKNOWN, HEADER_INVALID
 */
export function byToken(
  { headers, body }: Pick<InboundRequest, 'headers' | 'body'>,
  subject: Subject,
  isSender: (subject: Subject) => boolean,
): Opened {
  if (!isSender(subject)) throw new HeadgateError('SENDER_UNKNOWN', `${describeSubject(subject)} is nobody whose deliveries are taken`);
  return { id: wellFormedHeader(headers, 'webhook-id', idForm), body };
}

/** Other versions than `v1` may stand beside it, and are not looked at. */
function signaturesOf(headers: InboundRequest['headers']): readonly Buffer[] {
  const text = singleHeader(headers, 'webhook-signature');
  if (text === undefined) throw new HeadgateError('SIGNATURE_MISSING', 'no webhook-signature header');
  const signatures = text.split(' ').flatMap((part) => {
    const [, encoded] = /^v1,([A-Za-z0-9+/]{43}=)$/.exec(part) ?? [];
    return encoded === undefined ? [] : [Buffer.from(encoded, 'base64')];
  });
  if (signatures.length > 0 && signatures.length <= SIGNATURES) return signatures;
  throw new HeadgateError('SIGNATURE_INVALID', 'the webhook-signature header holds no v1 signature, or too many');
}

function isAmong(given: readonly Buffer[], expected: readonly Buffer[]): boolean {
  let found = false;
  for (const one of expected) for (const other of given) if (timingSafeEqual(one, other)) found = true;
  return found;
}

/** Looked at last: only who has the secret is told how the clocks differ. */
function requireFresh(signedAt: number, now: number): void {
  const seconds = Math.round((now - signedAt) / 1_000);
  if (Math.abs(now - signedAt) <= limits.hgHook.signatureAge) return;
  throw new HeadgateError('SIGNATURE_STALE', `signed ${Math.abs(seconds)} s ${seconds < 0 ? 'ahead of' : 'before'} the time here`);
}
