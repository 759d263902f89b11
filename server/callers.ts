import { randomUUID } from 'node:crypto';
import type { Request } from 'express';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Subject } from '#core/subject.ts';
import type { ClientAddress } from '#server/client-address.ts';
import type { Logins } from '#server/logins/logins.ts';
import { requireOwnSite } from '#server/logins/own-site.ts';
import type { OperatorToken } from '#server/operator-token.ts';

/** Whoever sends a request: the operator, or a subject with a token that was verified or a session of a browser. */
export type Caller = 'operator' | VerifiedCaller;

export interface VerifiedCaller {
  readonly subject: Subject;
  /** Tells the token from every other one. */
  readonly id: string;
  /** When it is no longer taken, milliseconds since the epoch. */
  readonly endsAt: number;
  /** Somebody who has logged in with a browser: they may read everything, and each of their requests is one of its own. */
  readonly isReader?: true;
}

/** Verifies the tokens of configured issuers. */
export interface Tokens {
  /** @throws HeadgateError UNAUTHENTICATED, DENIED */
  verify(compact: string, remote: string): Promise<VerifiedCaller>;
  /** Admits a token for one request and its repetitions. @throws HeadgateError UNAUTHENTICATED, OVERLOADED */
  use(caller: VerifiedCaller, what: string, remote: string): void;
}

export interface CallersDeps {
  readonly operatorToken: Pick<OperatorToken, 'accepts'>;
  /** Null without `spec.identity`: then there is the operator alone. */
  readonly tokens: Tokens | null;
  /** Null: nobody logs in by an issuer. */
  readonly logins: Logins | null;
  /** Reading needs no token: the sandbox. */
  readonly openReading: boolean;
  readonly clientAddress: ClientAddress;
}

/** The token of an `Authorization` header of that scheme (RFC 6750 section 2.1). */
export function bearerIn(authorization: string): string | undefined {
  return /^Bearer +([^\s]+)$/i.exec(authorization)?.[1];
}

/**
 * Who sends a request. Of a bad token the answer says nothing but 401; whatever else a token might be, it is not the operator's.
 * @throws HeadgateError UNAUTHENTICATED, DENIED, CROSS_SITE
 */
export async function callerOf(deps: CallersDeps, request: Request): Promise<Caller> {
  const [authorization, ...more] = request.headersDistinct['authorization'] ?? [];
  if (more.length > 0) throw new HeadgateError('UNAUTHENTICATED', 'several Authorization headers');
  if (deps.operatorToken.accepts(authorization)) return 'operator';
  if (authorization === undefined) {
    const person = personOf(deps, request);
    if (person) return person;
    if (deps.openReading && isSafe(request)) return 'operator';
    throw new HeadgateError('UNAUTHENTICATED', 'no Authorization header');
  }
  const compact = bearerIn(authorization);
  if (!deps.tokens || compact === undefined) throw new HeadgateError('UNAUTHENTICATED', 'the token is not the operator token');
  return deps.tokens.verify(compact, remoteOf(deps, request));
}

/** Whether a request changes nothing (RFC 9110 section 9.2.1), as far as we answer such. */
export function isSafe({ method }: Pick<Request, 'method'>): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Whether a request that was let in to read would be let in now: a session may have ended since, the operator's token does not. */
export function mayStillRead({ logins, openReading }: CallersDeps, { headers }: Request): boolean {
  return headers.authorization !== undefined || openReading || logins?.read(headers.cookie) !== undefined;
}

/** By the session of a browser: what changes something must come from a page of ours. @throws HeadgateError CROSS_SITE */
function personOf({ logins }: CallersDeps, request: Request): VerifiedCaller | undefined {
  const session = logins?.read(request.headers.cookie);
  if (!logins || !session) return undefined;
  const [csrf] = request.headersDistinct['x-headgate-csrf'] ?? [];
  if (!isSafe(request)) requireOwnSite(request, { origin: logins.origin, session: session.id, csrf });
  return { subject: session.subject, id: randomUUID(), endsAt: session.begunAt + limits.login.sessionAge, isReader: true };
}

/** Address of the peer, after trusted proxies. */
export function remoteOf({ clientAddress }: Pick<CallersDeps, 'clientAddress'>, request: Request): string {
  return clientAddress(request.socket.remoteAddress, request.headersDistinct['x-forwarded-for']);
}
