import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import { HeadgateError } from '#core/errors.ts';

/** The bytes, or a key made of them. */
export type Secret = Buffer | KeyObject;

const PREFIX = 'sha256=';
const LENGTH = PREFIX.length + 64;

/**
 * Checks `X-Hub-Signature-256`: `sha256=` and the lower-case hex HMAC of the raw body under one of the live secrets.
 * Length and prefix come first because timingSafeEqual throws on unequal lengths. SHA-1 signatures are not looked at.
 * @throws HeadgateError SIGNATURE_MISSING, SIGNATURE_INVALID
 */
export function verifySignature(signature: string | undefined, body: Uint8Array, secrets: readonly Secret[]): void {
  if (signature === undefined) throw new HeadgateError('SIGNATURE_MISSING', 'no X-Hub-Signature-256 header');
  if (signature.length !== LENGTH || !signature.startsWith(PREFIX))
    throw new HeadgateError('SIGNATURE_INVALID', 'malformed signature header');
  if (secrets.length === 0) throw new HeadgateError('SIGNATURE_INVALID', 'the source has no live secret');
  const given = Buffer.from(signature, 'latin1');
  if (!secrets.some((secret) => isEqual(given, sign(body, secret)))) {
    throw new HeadgateError('SIGNATURE_INVALID', `no match under ${secrets.length} live secret(s)`);
  }
}

function sign(body: Uint8Array, secret: Secret): Buffer {
  return Buffer.from(PREFIX + createHmac('sha256', secret).update(body).digest('hex'), 'latin1');
}

function isEqual(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
