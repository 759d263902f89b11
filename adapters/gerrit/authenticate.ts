import { timingSafeEqual } from 'node:crypto';
import { HeadgateError } from '#core/errors.ts';
import type { InboundRequest } from '#core/ports/source-adapter.ts';

/**
 * Sent with every 401: the webhooks plugin sends the credentials of its URL only after it has been asked for them (RFC 7617 section 2).
 */
export const basicChallenge = 'Basic realm="headgate", charset="UTF-8"';

/**
 * Checks the secret that a sender shows, at the end of the path or as the password of Basic credentials, whose user name says nothing.
 * Gerrit signs nothing, so that this vouches for the sender and not for what is sent. Whoever shows both must show two live ones.
 * @param secrets those that are live now
 * @throws HeadgateError SIGNATURE_MISSING, SIGNATURE_INVALID, HEADER_INVALID
 */
export function authenticate({ headers, pathSecret }: Pick<InboundRequest, 'headers' | 'pathSecret'>, secrets: readonly Buffer[]): void {
  const [authorization, ...more] = headers['authorization'] ?? [];
  if (more.length > 0) throw new HeadgateError('HEADER_INVALID', 'authorization is sent more than once');
  const shown = [
    ...(pathSecret === undefined ? [] : [{ where: 'in the path', secret: Buffer.from(pathSecret, 'utf8') }]),
    ...(authorization === undefined ? [] : [{ where: 'as the password', secret: passwordOf(authorization) }]),
  ];
  if (shown.length === 0) throw new HeadgateError('SIGNATURE_MISSING', 'no secret in the path, and no Basic credentials');
  for (const { where, secret } of shown)
    if (!isAmong(secrets, secret))
      throw new HeadgateError('SIGNATURE_INVALID', `the secret ${where} is none of ${secrets.length} live secret(s)`);
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
function isAmong(secrets: readonly Buffer[], shown: Buffer): boolean {
  let found = false;
  for (const secret of secrets) if (secret.length === shown.length && timingSafeEqual(secret, shown)) found = true;
  return found;
}
