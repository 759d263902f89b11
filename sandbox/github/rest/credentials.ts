import { randomBytes } from 'node:crypto';
import type { Clock } from '#core/clock.ts';
import { RestError } from '#sandbox/github/rest/answer.ts';
import { permissionsOf, readAppToken, type NewApp } from '#sandbox/github/rest/app-token.ts';
import type { Caller } from '#sandbox/github/rest/call.ts';

/** Who asks, and as which app if it does so as an app. */
export interface Identity {
  readonly caller: Caller;
  readonly app?: NewApp;
}

/** Of a token of a person; by default a classic one of `octocat` with the scope `repo` that never ends. */
export interface TokenFacts {
  readonly login?: string;
  /** Of a classic token, shown in `x-oauth-scopes`; null = a fine-grained one, which has none. */
  readonly scopes?: readonly string[] | null;
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
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

  /** From now on a token is needed. */
  addToken(token: string, { login = 'octocat', scopes = ['repo'], expiresAt }: TokenFacts = {}): void {
    this.#tokens.set(token, { caller: { login, type: 'User', scopes, expiresAt }, expiresAt });
  }

  /** The token is not known any more. */
  revoke(token: string): void {
    this.#tokens.delete(token);
  }

  addApp(app: NewApp): void {
    this.#apps.set(app.id, app);
  }

  /** @param asApp the endpoint is for apps as such: they come with a JSON web token. @throws RestError 401, 404 */
  identify(authorization: string | undefined, asApp: boolean): Identity {
    if (!asApp) return { caller: this.#caller(authorization) };
    const app = readAppToken(bearer(authorization), this.#apps, this.#clock.now());
    return { app, caller: { login: `${app.slug}[bot]`, type: 'Bot', scopes: [] } };
  }

  #caller(authorization: string | undefined): Caller {
    if (this.#tokens.size === 0 && this.#apps.size === 0) return { login: 'octocat', type: 'User', scopes: ['repo'] };
    const given = bearer(authorization);
    if (given === undefined) throw new RestError(401, 'Requires authentication');
    const token = this.#tokens.get(given);
    const expired = token?.expiresAt !== undefined && token.expiresAt <= this.#clock.now();
    if (token === undefined || expired) throw new RestError(401, 'Bad credentials');
    return token.caller;
  }

  /** @throws RestError 404 when it is no installation of this app */
  installationToken(app: NewApp, installation: number): { readonly token: string; readonly expiresAt: number } {
    if (!app.installations.includes(installation)) throw new RestError(404, 'Not Found');
    const token = `ghs_${randomBytes(18).toString('hex')}`;
    const expiresAt = this.#clock.now() + INSTALLATION_TOKEN_MS;
    this.#tokens.set(token, { caller: { login: `${app.slug}[bot]`, type: 'Bot', scopes: [], permissions: permissionsOf(app) }, expiresAt });
    return { token, expiresAt };
  }
}

function bearer(authorization: string | undefined): string | undefined {
  return /^(?:bearer|token) +(\S+)$/i.exec(authorization ?? '')?.[1];
}
