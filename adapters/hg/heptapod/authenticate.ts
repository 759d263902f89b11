import { limits } from '#core/limits.ts';
import { singleHeader, wellFormedHeader } from '#core/inbound-headers.ts';
import type { InboundRequest } from '#core/ports/source-adapter.ts';
import { requireLive, type ShownSecret } from '#core/shown-secret.ts';
import { authenticate as authenticateSigned } from '../authenticate.ts';

const idForm = new RegExp(`^[A-Za-z0-9._:-]{1,${limits.hint.deliveryIdChars}}$`);

/**
 * Checks a webhook of GitLab: its "signing token" signs as Standard Webhooks says, its "secret token" is shown. What is signed must be signed well,
 * whatever token is shown beside it.
 * @param now milliseconds since the epoch
 * @returns its id, the same each time that it is sent; none from versions before `Idempotency-Key`. `X-Gitlab-Event-UUID` is not one: all webhooks that
 * one request to GitLab set off have the same
 * @throws HeadgateError SIGNATURE_MISSING, SIGNATURE_INVALID, SIGNATURE_STALE, HEADER_INVALID, SECRET_UNAVAILABLE
 */
export function authenticate(request: InboundRequest, secrets: readonly Buffer[], now: number): string | undefined {
  const { headers } = request;
  if (headers['webhook-signature'] !== undefined) return authenticateSigned(request, secrets, now);
  requireLive(shownToken(headers), secrets, 'no x-gitlab-token header, and no webhook-signature');
  return headers['idempotency-key'] === undefined ? undefined : wellFormedHeader(headers, 'idempotency-key', idForm);
}

function shownToken(headers: InboundRequest['headers']): readonly ShownSecret[] {
  const token = singleHeader(headers, 'x-gitlab-token');
  return token === undefined ? [] : [{ where: 'in x-gitlab-token', secret: Buffer.from(token, 'latin1') }];
}
