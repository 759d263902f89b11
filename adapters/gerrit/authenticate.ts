import type { InboundRequest } from '#core/ports/source-adapter.ts';
import { requireLive, shownPassword, type ShownSecret } from '#core/shown-secret.ts';

/**
 * Sent with every 401: the webhooks plugin sends the credentials of its URL only after it has been asked for them (RFC 7617 section 2).
 */
export const basicChallenge = 'Basic realm="headgate", charset="UTF-8"';

/**
 * Checks the secret that a sender shows, at the end of the path or as the password of Basic credentials: Gerrit signs nothing.
 * @param secrets those that are live now
 * @throws HeadgateError SIGNATURE_MISSING, SIGNATURE_INVALID, HEADER_INVALID
 */
export function authenticate({ headers, pathSecret }: Pick<InboundRequest, 'headers' | 'pathSecret'>, secrets: readonly Buffer[]): void {
  const shown: readonly ShownSecret[] = [
    ...(pathSecret === undefined ? [] : [{ where: 'in the path', secret: Buffer.from(pathSecret, 'utf8') }]),
    ...shownPassword(headers),
  ];
  requireLive(shown, secrets, 'no secret in the path, and no Basic credentials');
}
