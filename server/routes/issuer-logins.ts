import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { documentOf } from '#web/layout.ts';
import { loggedOutPage } from '#web/notice-page.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log, Metrics } from '#core/ports/telemetry.ts';
import { describeSubject } from '#core/subject.ts';
import { ByteBudget } from '#server/byte-budget.ts';
import { remoteOf } from '#server/callers.ts';
import type { ClientAddress } from '#server/client-address.ts';
import { CALLBACK, type Logins } from '#server/logins/logins.ts';
import { requireOwnSite } from '#server/logins/own-site.ts';
import { returnPath } from '#server/logins/return-path.ts';
import { redirect, sendPage } from '#server/page-answer.ts';
import { parseQuery } from '#server/query.ts';
import { readBody } from '#server/read-body.ts';
import { readerOf, type Reader, type ReaderDeps } from '#server/readers.ts';
import { sessionCookie, type Sessions } from '#server/sessions.ts';

export interface IssuerLoginsDeps extends ReaderDeps {
  readonly sessions: Pick<Sessions, 'find' | 'end'>;
  readonly clientAddress: ClientAddress;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'loggedIn'>;
}

/** `/login/start` leads to the issuer, `/login/callback` is where it sends browsers back to, `POST /logout` ends a session. */
export function issuerLoginsRoutes(deps: IssuerLoginsDeps): Router {
  return Router({ caseSensitive: true, strict: true })
    .get('/login/start', (request, response) => start(deps, request, response))
    .get(CALLBACK, (request, response) => comeBack(deps, request, response))
    .post('/logout', (request, response) => logOut(deps, request, response));
}

const Start = z.strictObject({ return: z.string().optional(), here: z.literal('1').optional() });

/** The cookie has to be set under the address that the issuer sends browsers back to: whoever came by another one goes there first, once. */
async function start(deps: IssuerLoginsDeps, request: Request, response: Response): Promise<void> {
  const logins = loginsOf(deps, request);
  const { return: asked, here } = parseQuery(request, Start);
  const returnTo = returnPath(asked);
  if (here === undefined && request.headers.host !== new URL(logins.origin).host)
    return redirect(response, `${logins.origin}/login/start?${new URLSearchParams({ return: returnTo, here: '1' }).toString()}`);
  const { url, cookie } = await failing(deps, request, () => logins.begin(returnTo));
  redirect(response, url, { 'set-cookie': cookie });
}

async function comeBack(deps: IssuerLoginsDeps, request: Request, response: Response): Promise<void> {
  const logins = loginsOf(deps, request);
  response.setHeader('set-cookie', logins.forgetAttempt());
  const query = /\?.*$/.exec(request.url)?.[0] ?? '';
  const { session, cookies, returnTo } = await failing(deps, request, () => logins.finish(query, request.headers.cookie));
  deps.metrics.loggedIn('logged_in');
  deps.log.info('somebody logged in', { subject: describeSubject(session.subject), remote: remoteOf(deps, request) });
  redirect(response, returnTo, { 'set-cookie': [logins.forgetAttempt(), ...cookies] });
}

async function logOut(deps: IssuerLoginsDeps, request: Request, response: Response): Promise<void> {
  const reader = readerOf(deps, request);
  const body = await readBody(request, limits.login.formBytes, new ByteBudget(limits.login.formBytes).hold());
  if (reader?.by !== 'login' && reader?.by !== 'address') return redirect(response, '/login');
  const id = reader.by === 'login' ? reader.session.id : reader.id;
  const csrf = new URLSearchParams(body.toString('utf8')).get('csrf') ?? undefined;
  const origin = reader.by === 'login' && deps.logins ? deps.logins.origin : ownOrigin(request);
  requireOwnSite(request, { origin, session: id, csrf });
  const { issuer, cookies } = ended(deps, reader);
  deps.log.info('somebody logged out', { ...whoOf(reader), remote: remoteOf(deps, request) });
  response.setHeader('set-cookie', cookies);
  const endUrl = issuer === null ? null : ((await deps.logins?.issuer.endUrl()) ?? null);
  sendPage(response, 200, documentOf(loggedOutPage(issuer, endUrl), null));
}

function ended(
  deps: IssuerLoginsDeps,
  reader: Extract<Reader, { by: 'login' | 'address' }>,
): { issuer: string | null; cookies: readonly string[] } {
  if (reader.by === 'login') return { issuer: reader.session.subject.issuer, cookies: deps.logins?.end(reader.session) ?? [] };
  deps.sessions.end(reader.id);
  return { issuer: null, cookies: [sessionCookie('', false)] };
}

function whoOf(reader: Extract<Reader, { by: 'login' | 'address' }>): Readonly<Record<string, string>> {
  return reader.by === 'login' ? { subject: describeSubject(reader.session.subject) } : { operator: 'by a one-time address' };
}

/**
 * Of a session that a one-time address began: it may have been opened under any name that the listener has, and whether TLS ends in front of
 * us nobody says. The Host header, which require-host.ts has looked at, must be that of the page.
 */
function ownOrigin({ headers }: Request): string {
  const from = URL.parse(headers.origin ?? '');
  return from !== null && from.host === headers.host ? from.origin : `http://${headers.host ?? ''}`;
}

function loginsOf({ logins }: IssuerLoginsDeps, request: Request): Logins {
  if (logins === null) throw new HeadgateError('NOT_FOUND', 'nobody logs in here by an issuer');
  if (request.method !== 'GET') throw new HeadgateError('NOT_FOUND', 'only GET logs in');
  return logins;
}

/** Says in the log what the page does not. */
async function failing<T>(deps: IssuerLoginsDeps, request: Request, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    const { code, message } = error instanceof HeadgateError ? error : { code: 'INTERNAL', message: 'by a defect' };
    deps.metrics.loggedIn(code);
    deps.log.info('somebody could not log in', { code, reason: message, remote: remoteOf(deps, request) });
    throw error;
  }
}
