import type { IncomingMessage } from 'node:http';
import { Router } from 'express';
import { z } from 'zod';
import { documentOf } from '#web/layout.ts';
import { loginPage } from '#web/notice-page.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { sendJson } from '#server/json-answer.ts';
import { redirect, sendPage } from '#server/page-answer.ts';
import { parseQuery } from '#server/query.ts';
import { sessionCookie, type Sessions } from '#server/sessions.ts';

const Code = z.strictObject({ code: z.string().max(limits.login.codeChars).optional() });

/** `POST /v1/logins`: a one-time address for a browser, relative to the one that was asked. Behind the operator's token. */
export function createLoginRoute(sessions: Pick<Sessions, 'createCode'>): Router {
  return Router({ caseSensitive: true, strict: true }).post('/v1/logins', function createLogin(request, response) {
    parseQuery(request, z.strictObject({}));
    sendJson(response, 200, { url: `/login?code=${sessions.createCode()}`, validSeconds: limits.login.codeAge / 1_000 });
  });
}

export interface LoginDeps {
  readonly sessions: Pick<Sessions, 'redeem'>;
  /** Null: nobody logs in by an issuer. */
  readonly logins: { readonly issuer: { readonly issuer: string } } | null;
}

/** `GET /login`: how to get in; with `?code=…` it changes that for a session, once. Whoever only looks (HEAD) uses nothing up. */
export function loginRoute({ sessions, logins }: LoginDeps): Router {
  return Router({ caseSensitive: true, strict: true }).get('/login', function login(request, response) {
    if (request.method !== 'GET') throw new HeadgateError('NOT_FOUND', 'only GET opens a session');
    const { code } = parseQuery(request, Code);
    const session = code === undefined ? undefined : sessions.redeem(code);
    if (session !== undefined) return redirect(response, '/', { 'set-cookie': sessionCookie(session, isSecure(request)) });
    const offer = logins && { issuer: logins.issuer.issuer, returnTo: '/' };
    sendPage(response, code === undefined ? 200 : 401, documentOf(loginPage(offer), null));
  });
}

/** A client that lies about it only gets a cookie that it cannot use. */
function isSecure(request: IncomingMessage): boolean {
  return 'encrypted' in request.socket || request.headers['x-forwarded-proto'] === 'https';
}
