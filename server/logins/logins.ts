import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Subject } from '#core/subject.ts';
import type { CookieKeys } from './cookie-keys.ts';
import { cookieOf, cookieParts, setCookie, setCookieParts } from './cookies.ts';
import type { EndedSessions } from './ended-sessions.ts';
import { seal, unseal } from './sealed.ts';

/** What a browser that is at the issuer has to bring back. */
export interface Attempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** An issuer where people log in. */
export interface LoginIssuer {
  /** Its name in the config. */
  readonly issuer: string;
  /** @throws HeadgateError LOGIN_UNAVAILABLE, SECRET_UNAVAILABLE */
  begin(redirectUri: string): Promise<{ readonly url: string; readonly attempt: Attempt }>;
  /** @throws HeadgateError LOGIN_UNAVAILABLE, LOGIN_FAILED, LOGIN_CANCELLED, LOGIN_REFUSED */
  finish(callback: URL, attempt: Attempt): Promise<Subject>;
  /** Whether this subject may read, as the config says now. */
  admits(subject: Pick<Subject, 'iss' | 'claims'>): boolean;
  endUrl(): Promise<string | null>;
}

/** Somebody who has logged in. */
export interface LoginSession {
  readonly id: string;
  readonly subject: Subject;
  /** Milliseconds since the epoch. */
  readonly begunAt: number;
  /** When it was last noted that it is used. */
  readonly seenAt: number;
}

export interface LoginsDeps {
  readonly issuer: LoginIssuer;
  readonly keys: CookieKeys;
  readonly ended: EndedSessions;
  readonly clock: Pick<Clock, 'now'>;
  /** Where browsers reach the pages, as the config says. */
  readonly url: string | undefined;
}

const text = z.string().max(limits.login.returnChars);
const KeptAttempt = z.strictObject({ state: text, nonce: text, verifier: text, returnTo: text, begunAt: z.number() });
const KeptSession = z.strictObject({
  id: z.string(),
  begunAt: z.number(),
  seenAt: z.number(),
  subject: z.strictObject({ issuer: z.string(), iss: z.string(), sub: z.string(), claims: z.record(z.string(), z.unknown()) }),
});

const ATTEMPT = 'headgate_attempt';
const SESSION = 'headgate_login';
export const CALLBACK = '/login/callback';

/** Logins by an issuer. What they rest on travels sealed in cookies; here is only what was ended before its time. */
export class Logins {
  readonly #deps: LoginsDeps;
  #url: string | undefined;

  constructor(deps: LoginsDeps) {
    this.#deps = deps;
    this.#url = deps.url;
  }

  get issuer(): LoginIssuer {
    return this.#deps.issuer;
  }

  /** Where browsers reach us: as the config says, else where the listener is. */
  servedAt(listener: string): void {
    this.#url ??= listener;
  }

  /** `https://headgate.example.com`. */
  get origin(): string {
    if (this.#url === undefined) throw new HeadgateError('LOGIN_UNAVAILABLE', 'the listener is not up yet');
    return new URL(this.#url).origin;
  }

  get redirectUri(): string {
    return `${this.origin}${CALLBACK}`;
  }

  /** @returns the issuer's address to go to, and the cookie to take along. @throws as LoginIssuer.begin */
  async begin(returnTo: string): Promise<{ readonly url: string; readonly cookie: string }> {
    const { url, attempt } = await this.#deps.issuer.begin(this.redirectUri);
    const sealed = seal(this.#deps.keys, 'attempt', { ...attempt, returnTo, begunAt: this.#deps.clock.now() });
    return { url, cookie: setCookie(ATTEMPT, sealed, { secure: this.#secure, age: limits.login.attemptAge }) };
  }

  /**
   * Somebody comes back from the issuer.
   * @param query of the address, `?` included
   * @throws HeadgateError LOGIN_EXPIRED, LOGIN_TOO_LARGE, and as LoginIssuer.finish
   */
  async finish(
    query: string,
    cookies: string | undefined,
  ): Promise<{ session: LoginSession; cookies: readonly string[]; returnTo: string }> {
    const { issuer, clock } = this.#deps;
    const parsed = KeptAttempt.safeParse(this.#unseal('attempt', cookieOf(cookies, ATTEMPT, this.#secure)));
    if (!parsed.success) throw new HeadgateError('LOGIN_EXPIRED', 'the browser brings no attempt to log in');
    const { returnTo, begunAt, ...attempt } = parsed.data;
    if (clock.now() - begunAt >= limits.login.attemptAge) throw new HeadgateError('LOGIN_EXPIRED', 'it took longer than ten minutes');
    const subject = await issuer.finish(new URL(`${this.redirectUri}${query}`), attempt);
    const now = clock.now();
    const session = { id: randomBytes(32).toString('base64url'), subject: lasting(subject), begunAt: now, seenAt: now };
    return { session, cookies: this.#cookiesOf(session), returnTo };
  }

  /** Whoever sends these cookies; undefined for nobody, and for whoever may not read any more. */
  read(cookies: string | undefined): LoginSession | undefined {
    if (cookies === undefined || this.#url === undefined) return undefined;
    const { issuer, ended, clock } = this.#deps;
    const parsed = KeptSession.safeParse(this.#unseal('session', cookieParts(cookies, SESSION, this.#secure)));
    if (!parsed.success) return undefined;
    const session = parsed.data;
    const now = clock.now();
    const { sessionAge, idleAge } = limits.login;
    if (now - session.begunAt >= sessionAge || now - session.seenAt >= idleAge || ended.has(session)) return undefined;
    return session.subject.issuer === issuer.issuer && issuer.admits(session.subject) ? session : undefined;
  }

  /** Cookies that note that a session is used; none as long as that was noted a moment ago. */
  noted(session: LoginSession): readonly string[] {
    const now = this.#deps.clock.now();
    return now - session.seenAt < limits.login.idleNoted ? [] : this.#cookiesOf({ ...session, seenAt: now });
  }

  /** Ends a session for whoever has its cookie. @returns cookies that remove it */
  end(session: LoginSession): readonly string[] {
    this.#deps.ended.end(session);
    return setCookieParts(SESSION, '', { secure: this.#secure, age: 0 }) ?? [];
  }

  /** The cookie that removes what was taken along to the issuer. */
  forgetAttempt(): string {
    return setCookie(ATTEMPT, '', { secure: this.#secure, age: 0 });
  }

  get #secure(): boolean {
    return this.origin.startsWith('https:');
  }

  #unseal(purpose: 'attempt' | 'session', sealed: string | undefined): unknown {
    return sealed ? unseal(this.#deps.keys, purpose, sealed) : undefined;
  }

  #cookiesOf(session: LoginSession): readonly string[] {
    const age = session.begunAt + limits.login.sessionAge - this.#deps.clock.now();
    const cookies = setCookieParts(SESSION, seal(this.#deps.keys, 'session', session), { secure: this.#secure, age });
    if (cookies) return cookies;
    throw new HeadgateError('LOGIN_TOO_LARGE', `the claims of ${session.subject.sub} do not fit into cookies`);
  }
}

/** Claims that are about one token and no longer of use. */
const passing: readonly string[] = ['nonce', 'at_hash', 'c_hash', 's_hash', 'jti'];

function lasting(subject: Subject): Subject {
  return { ...subject, claims: Object.fromEntries(Object.entries(subject.claims).filter(([name]) => !passing.includes(name))) };
}
