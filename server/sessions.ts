import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';

/**
 * Browser sessions, and the one-time codes that open them. Both are 256 random bits, and only their digests are kept, in memory:
 * a restart ends every session. Looking up a digest tells nothing by its time.
 */
export class Sessions {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** Digest → when it ends, on the monotonic clock. Oldest first. */
  readonly #codes = new Map<string, number>();
  readonly #sessions = new Map<string, number>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** A code that opens one session within limits.login.codeAge. */
  createCode(): string {
    return this.#issue(this.#codes, limits.login.codeAge, limits.login.codes);
  }

  /** Opens a session for a code, once. @returns the id of the session, undefined when the code is none, used or too old */
  redeem(code: string): string | undefined {
    const digest = digestOf(code);
    const isLive = this.#isLive(this.#codes, digest);
    this.#codes.delete(digest);
    return isLive ? this.#issue(this.#sessions, limits.login.sessionAge, limits.login.sessions) : undefined;
  }

  /** The id of the session that a Cookie header carries and that has not ended. */
  find(cookies: string | undefined): string | undefined {
    return sessionIds(cookies).find((id) => this.#isLive(this.#sessions, digestOf(id)));
  }

  end(id: string): void {
    this.#sessions.delete(digestOf(id));
  }

  /** The oldest give way to new ones past the bound. */
  #issue(issued: Map<string, number>, lifetime: number, most: number): string {
    const secret = randomBytes(32).toString('base64url');
    const now = this.#clock.monotonic();
    for (const [digest, end] of issued) if (end <= now || issued.size >= most) issued.delete(digest);
    issued.set(digestOf(secret), now + lifetime);
    return secret;
  }

  #isLive(issued: ReadonlyMap<string, number>, digest: string): boolean {
    return (issued.get(digest) ?? 0) > this.#clock.monotonic();
  }
}

/** `__Host-` is for https alone, so the name is the same without it. */
const cookieName = 'headgate_session';

/** Set-Cookie of a session (RFC 6265bis): for this host alone, not for scripts, not for requests that other sites begin. An empty one removes it. */
export function sessionCookie(id: string, secure: boolean): string {
  const seconds = id === '' ? 0 : Math.floor(limits.login.sessionAge / 1_000);
  return `${cookieName}=${id}; Max-Age=${seconds}; Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}

function sessionIds(cookies: string | undefined): readonly string[] {
  return (cookies ?? '')
    .split(';')
    .slice(0, limits.login.cookies)
    .flatMap((cookie) => {
      const [name, value] = cookie.trim().split('=');
      return name === cookieName && value !== undefined ? [value] : [];
    });
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}
