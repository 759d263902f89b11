import { randomBytes } from 'node:crypto';
import type { Clock } from '#core/clock.ts';
import { RestError } from '#sandbox/github/rest/answer.ts';
import { readAppToken } from '#sandbox/github/rest/app-token.ts';
import type { Caller } from '#sandbox/github/rest/call.ts';

/** A GitHub App as tests register it. */
export interface NewApp {
  readonly id: number;
  readonly slug: string;
  /** PEM, of the RSA key that its JSON web tokens are signed with. */
  readonly publicKey: string;
  /** Ids of its installations. */
  readonly installations: readonly number[];
}

interface Token {
  readonly caller: Caller;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number | undefined;
}

/** Installation tokens live for one hour. */
const INSTALLATION_TOKEN_MS = 3_600_000;

/** Who may call. With neither token nor app registered, everybody may, as `octocat`. */
export class Credentials {
  readonly #clock: Clock;
  readonly #tokens = new Map<string, Token>();
  readonly #apps = new Map<number, NewApp>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on a token is needed. @param scopes of a classic token, shown in `x-oauth-scopes` */
  addToken(token: string, { login = 'octocat', scopes = ['repo'] }: { login?: string; scopes?: readonly string[] } = {}): void {
    this.#tokens.set(token, { caller: { login, type: 'User', scopes }, expiresAt: undefined });
  }

  /** The token is not known any more. */
  revoke(token: string): void {
    this.#tokens.delete(token);
  }

  addApp(app: NewApp): void {
    this.#apps.set(app.id, app);
  }

  /** @throws RestError 401 */
  caller(authorization: string | undefined): Caller {
    if (this.#tokens.size === 0 && this.#apps.size === 0) return { login: 'octocat', type: 'User', scopes: ['repo'] };
    const given = bearer(authorization);
    if (given === undefined) throw new RestError(401, 'Requires authentication');
    const token = this.#tokens.get(given);
    const expired = token?.expiresAt !== undefined && token.expiresAt <= this.#clock.now();
    if (token === undefined || expired) throw new RestError(401, 'Bad credentials');
    return token.caller;
  }

  /** The app whose JSON web token this is. @throws RestError 401, 404 */
  app(authorization: string | undefined): NewApp {
    return readAppToken(bearer(authorization), this.#apps, this.#clock.now());
  }

  /** @throws RestError 404 when it is no installation of this app */
  installationToken(app: NewApp, installation: number): { readonly token: string; readonly expiresAt: number } {
    if (!app.installations.includes(installation)) throw new RestError(404, 'Not Found');
    const token = `ghs_${randomBytes(18).toString('hex')}`;
    const expiresAt = this.#clock.now() + INSTALLATION_TOKEN_MS;
    this.#tokens.set(token, { caller: { login: `${app.slug}[bot]`, type: 'Bot', scopes: [] }, expiresAt });
    return { token, expiresAt };
  }
}

function bearer(authorization: string | undefined): string | undefined {
  return /^(?:bearer|token) +(\S+)$/i.exec(authorization ?? '')?.[1];
}
