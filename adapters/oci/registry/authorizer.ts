import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { challengesOf, type Challenge } from './challenge.ts';
import type { RegistryAccess } from './registry-access.ts';
import { describe, refused, unreachable } from './registry-failure.ts';
import type { Wire } from './wire.ts';

const TokenAnswer = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().positive().optional(),
});

/**
 * What one registry is shown, for one repository. Nothing is shown before it asks; then the account's password (Basic) or a token that its service gives
 * for it (Bearer, distribution's "Token Authentication Specification"). The password goes to the registry itself and to the service that the registry names
 * over TLS, nowhere else; the token is asked for this repository only, whatever scope the registry names.
 */
export class Authorizer {
  readonly #access: RegistryAccess;
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #scopes: Set<string>;
  #shown: { readonly header: string; readonly until: number } | undefined;

  constructor(access: RegistryAccess, wire: Wire, clock: Clock, repository: string) {
    this.#access = access;
    this.#wire = wire;
    this.#clock = clock;
    this.#scopes = new Set([`repository:${repository}:pull,push`]);
  }

  /** For `Authorization`; undefined until the registry has asked for one, and when a token has expired. */
  get header(): string | undefined {
    return this.#shown !== undefined && this.#clock.monotonic() < this.#shown.until ? this.#shown.header : undefined;
  }

  /** From now on tokens also say that another repository may be read. */
  alsoRead(repository: string): void {
    const scope = `repository:${repository}:pull`;
    if (!this.#scopes.has(scope)) this.#shown = undefined;
    this.#scopes.add(scope);
  }

  /**
   * Answers a 401: afterwards `header` is another one.
   * @param asked its `WWW-Authenticate`
   * @throws HeadgateError REGISTRY_REFUSED when there is nothing more to show, REGISTRY_UNREACHABLE when the token service does not answer
   */
  async renew(asked: string, signal?: AbortSignal): Promise<void> {
    const challenges = challengesOf(asked);
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    if (bearer) this.#shown = await this.#token(bearer, signal);
    else if (challenges.some(({ scheme }) => scheme === 'basic')) this.#shown = { header: this.#basic(), until: Number.POSITIVE_INFINITY };
    else throw this.#refused('asks for credentials in a way that is neither Basic nor Bearer');
  }

  #basic(): string {
    const header = this.#password();
    if (header === undefined)
      throw this.#refused('asks for an account', 'Name one under spec.sources[].registries: host, user and password.');
    if (header === this.#shown?.header) throw this.#refused('does not take the user and password');
    return header;
  }

  #password(): string | undefined {
    const account = this.#access.credentials?.();
    return account && `Basic ${Buffer.from(`${account.user}:${account.password}`).toString('base64')}`;
  }

  async #token({ parameters }: Challenge, signal?: AbortSignal): Promise<{ header: string; until: number }> {
    const url = this.#realm(parameters.get('realm') ?? '');
    const service = parameters.get('service');
    if (service !== undefined) url.searchParams.set('service', service);
    for (const scope of this.#scopes) url.searchParams.append('scope', scope);
    const password = this.#password();
    const headers = { accept: 'application/json', ...(password === undefined ? {} : { authorization: password }) };
    const answer = await this.#wire
      .send({ method: 'GET', url, headers, answerBytes: limits.registry.tokenBytes, signal })
      .catch((error: unknown) => {
        throw unreachable(this.#access.host, new Error(`its token service at ${url.host} does not answer`, { cause: error }));
      });
    if (answer.status >= 500 || answer.status === 429)
      throw unreachable(this.#access.host, new Error(`its token service at ${url.host} answers ${describe(answer)}`));
    if (answer.status !== 200) throw this.#refused(`its token service at ${url.host} answers ${describe(answer)}`);
    return this.#shownFor(answer.body, url);
  }

  #shownFor(body: Buffer, { host }: URL): { header: string; until: number } {
    const { data } = TokenAnswer.safeParse(jsonOf(body));
    const token = data?.token ?? data?.access_token ?? '';
    if (!/^[\x21-\x7e]+$/.test(token) || token.length > limits.registry.tokenChars)
      throw unreachable(this.#access.host, new Error(`its token service at ${host} gives no token`));
    const age = data?.expires_in === undefined ? limits.registry.tokenAge : data.expires_in * 1_000;
    // One that hardly lives at all still serves the request that it was asked for.
    return { header: `Bearer ${token}`, until: this.#clock.monotonic() + Math.max(age - limits.registry.tokenSkew, age / 2) };
  }

  /** The registry's word on where its tokens come from is taken over TLS only; without it, the service has to be on the registry's own host. */
  #realm(text: string): URL {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const own = new URL(`http://${this.#access.host}`).hostname;
    const trusted = this.#access.plainHttp
      ? url?.hostname === own && ['http:', 'https:'].includes(url.protocol)
      : url?.protocol === 'https:';
    if (url === undefined || !trusted || url.username !== '' || url.password !== '')
      throw this.#refused(`sends to ${url === undefined ? 'nowhere' : url.origin} for a token, which is not followed`);
    return url;
  }

  #refused(what: string, hint?: string): Error {
    return refused(this.#access.host, what, hint);
  }
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined; // has no token either
  }
}
