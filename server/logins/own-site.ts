import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { HeadgateError } from '#core/errors.ts';

/** What a page of ours sends along when it changes something: derived from the session, which it tells nothing of. */
export function csrfOf(session: string): string {
  return createHash('sha256').update(`headgate csrf ${session}`).digest('base64url');
}

export interface OwnSiteDeps {
  /** Where browsers reach us: `https://headgate.example.com`. */
  readonly origin: string;
  /** Id of the session that came with the request. */
  readonly session: string;
  /** What the request sent along, in its form or header. */
  readonly csrf: string | undefined;
}

/**
 * Lets pass only what a page of this Headgate sends: by the Origin that the browser names, and by what only such a page can know. A request
 * without Origin is refused too: browsers send one with every POST.
 * @throws HeadgateError CROSS_SITE
 */
export function requireOwnSite(
  { headersDistinct }: Pick<IncomingMessage, 'headersDistinct'>,
  { origin, session, csrf }: OwnSiteDeps,
): void {
  const [from, ...more] = headersDistinct['origin'] ?? [];
  if (from !== origin || more.length > 0)
    throw new HeadgateError('CROSS_SITE', `the request comes from ${from ?? 'nowhere'}, not from ${origin}`);
  const [site] = headersDistinct['sec-fetch-site'] ?? [];
  if (site !== undefined && site !== 'same-origin')
    throw new HeadgateError('CROSS_SITE', `the browser says that it comes from a ${site} page`);
  if (csrf === undefined || !isSame(csrf, csrfOf(session)))
    throw new HeadgateError('CROSS_SITE', 'what only a page of ours knows is missing');
}

function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
