import { createHmac } from 'node:crypto';
import { HeadgateError } from '#core/errors.ts';

/**
 * The HMAC-SHA256 over `id.timestamp.body` of Standard Webhooks 1.0.0 ("Signature scheme"): what Headgate sends is signed so, and so is what its hook
 * for Mercurial sends to it.
 * @param secret as configured: `whsec_` and base64, or else the key's own bytes
 * @param id without full stops
 * @param timestamp as in the header `webhook-timestamp`: seconds since the epoch
 * @throws HeadgateError SECRET_UNAVAILABLE for a `whsec_` secret that is none
 */
export function webhookMac(secret: Buffer, id: string, timestamp: string, body: string | Uint8Array): Buffer {
  return createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest();
}

const PREFIX = 'whsec_';
/** "At least 24 bytes" (Standard Webhooks 1.0.0, "Signature scheme"). */
const LEAST_BYTES = 24;

/** Node decodes what is no base64 to less, in the end to an empty key. */
function keyOf(secret: Buffer): Buffer {
  const text = secret.toString('latin1');
  if (!text.startsWith(PREFIX)) return secret;
  const encoded = text.slice(PREFIX.length);
  const key = Buffer.from(encoded, 'base64');
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(encoded) && key.length >= LEAST_BYTES) return key;
  throw new HeadgateError('SECRET_UNAVAILABLE', `a secret that begins with ${PREFIX} goes on with base64 of at least ${LEAST_BYTES} bytes`);
}
