import { Router } from 'express';
import { z } from 'zod';
import { HeadgateError } from '#core/errors.ts';
import { sendJson } from '#server/json-answer.ts';
import type { Logins } from '#server/logins/logins.ts';
import { csrfOf } from '#server/logins/own-site.ts';
import { parseQuery } from '#server/query.ts';

/** `GET /v1/session`: whoever has logged in with this browser, and what their requests that change something have to send along. */
export function sessionRoute({ logins }: { readonly logins: Logins | null }): Router {
  return Router({ caseSensitive: true, strict: true }).get('/v1/session', function showSession(request, response) {
    parseQuery(request, z.strictObject({}));
    const session = logins?.read(request.headers.cookie);
    if (!session) throw new HeadgateError('UNAUTHENTICATED', 'no session');
    const { issuer, iss, sub } = session.subject;
    sendJson(response, 200, { subject: { issuer, iss, sub }, begunAt: session.begunAt, csrf: csrfOf(session.id) });
  });
}
