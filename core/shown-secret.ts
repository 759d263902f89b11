import { timingSafeEqual } from 'node:crypto';
import { HeadgateError } from '#core/errors.ts';
import { singleHeader } from '#core/inbound-headers.ts';
import type { InboundRequest } from '#core/ports/source-adapter.ts';

/** A secret as a sender shows it who signs nothing. */
export interface ShownSecret {
  /** Where, for the message that refuses it: `in the path`. */
  readonly where: string;
  readonly secret: Buffer;
}

/**
 * Checks the secrets that a sender shows. They vouch for the sender and not for what is sent. Whoever shows several must show live ones alone.
 * @param live those that are live now
 * @throws HeadgateError SIGNATURE_MISSING, with `otherwise` as its message, and SIGNATURE_INVALID
 */
export function requireLive(shown: readonly ShownSecret[], live: readonly Buffer[], otherwise: string): void {
  if (shown.length === 0) throw new HeadgateError('SIGNATURE_MISSING', otherwise);
  for (const { where, secret } of shown)
    if (!isAmong(live, secret))
      throw new HeadgateError('SIGNATURE_INVALID', `the secret ${where} is none of ${live.length} live secret(s)`);
}

/**
 * The password of Basic credentials, whose user name says nothing; none without an `authorization` header.
 * @throws HeadgateError HEADER_INVALID, SIGNATURE_INVALID
 */
export function shownPassword(headers: InboundRequest['headers']): readonly ShownSecret[] {
  const authorization = singleHeader(headers, 'authorization');
  return authorization === undefined ? [] : [{ where: 'as the password', secret: passwordOf(authorization) }];
}

/** What follows the first colon (RFC 7617 section 2). */
function passwordOf(authorization: string): Buffer {
  const [, encoded] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization.trim()) ?? [];
  const credentials = Buffer.from(encoded ?? '', 'base64');
  const colon = credentials.indexOf(':');
  if (colon < 0) throw new HeadgateError('SIGNATURE_INVALID', 'the authorization header holds no Basic credentials');
  return credentials.subarray(colon + 1);
}

/** Looks at all of them, so that the time it takes does not tell which one it was. Only the length shows: timingSafeEqual throws on unequal ones. */
function isAmong(live: readonly Buffer[], shown: Buffer): boolean {
  let found = false;
  for (const secret of live) if (secret.length === shown.length && timingSafeEqual(secret, shown)) found = true;
  return found;
}
