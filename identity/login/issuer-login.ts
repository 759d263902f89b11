import type { Configuration } from 'openid-client';
import type { LoginConfig } from '#config/login-schema.ts';
import type { SecretRef } from '#config/secret-ref.ts';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Subject } from '#core/subject.ts';
import type { BoundedRequest } from '#identity/bounded-request.ts';
import type { Issuer } from '#identity/issuer.ts';
import { isAllowedReader } from '#identity/login/allowed-reader.ts';
import { libraryFetch } from '#identity/login/library-fetch.ts';
import type { LoginDiscovery, LoginMetadata } from '#identity/login/login-discovery.ts';
import { refusedLogin } from '#identity/login/refused-login.ts';
import { verifyToken } from '#identity/verify-token.ts';

/** What has to come back from the browser that was sent to the issuer; nobody else may know it. */
export interface LoginAttempt {
  readonly state: string;
  readonly nonce: string;
  /** RFC 7636. */
  readonly verifier: string;
}

export interface IssuerLoginDeps {
  readonly config: LoginConfig;
  readonly issuer: Issuer;
  readonly discovery: Pick<LoginDiscovery, 'current'>;
  readonly send: BoundedRequest;
  /** Whether http is meant. */
  readonly internal: boolean;
  readonly secret: (ref: SecretRef) => Uint8Array;
  readonly clock: Clock;
}

/** Logging in at one issuer: authorization code with PKCE (RFC 6749 section 4.1, RFC 7636, RFC 9700 section 2.1.1). */
export class IssuerLogin {
  readonly #deps: IssuerLoginDeps;

  constructor(deps: IssuerLoginDeps) {
    this.#deps = deps;
  }

  /** Name of the issuer in the config. */
  get issuer(): string {
    return this.#deps.issuer.name;
  }

  /**
   * Where to send a browser.
   * @param redirectUri as it is registered at the issuer
   * @throws HeadgateError LOGIN_UNAVAILABLE, SECRET_UNAVAILABLE
   */
  async begin(redirectUri: string): Promise<{ readonly url: string; readonly attempt: LoginAttempt }> {
    const library = await import('openid-client');
    const configuration = await this.#configuration(await this.#deps.discovery.current());
    const attempt = { state: library.randomState(), nonce: library.randomNonce(), verifier: library.randomPKCECodeVerifier() };
    const url = library.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: this.#deps.config.scopes.join(' '),
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await library.calculatePKCECodeChallenge(attempt.verifier),
      code_challenge_method: 'S256',
    });
    return { url: url.href, attempt };
  }

  /**
   * Who has come back. Tokens are looked at and forgotten: the ID token by the same rules as those of pipelines, for this client alone. How
   * long it would live does not count, because nobody else has it and it is used once.
   * @param callback the address that the browser came back to
   * @throws HeadgateError LOGIN_UNAVAILABLE, LOGIN_FAILED, LOGIN_CANCELLED, LOGIN_REFUSED, DENIED (group overage)
   */
  async finish(callback: URL, { state, nonce, verifier }: LoginAttempt): Promise<Subject> {
    const { clock, issuer, config } = this.#deps;
    const library = await import('openid-client');
    const configuration = await this.#configuration(await this.#deps.discovery.current());
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
    try {
      const { id_token: idToken } = await library.authorizationCodeGrant(configuration, callback, checks);
      const own = { ...issuer, audiences: [config.clientId], tokens: 'id' as const, maxLifetime: limits.identity.lifetimeMax };
      const { subject } = await verifyToken([own], idToken ?? '', clock.now());
      if (isAllowedReader(config, subject.claims)) return subject;
      throw new HeadgateError('LOGIN_REFUSED', `${subject.sub} of ${issuer.name} is nobody whom spec.identity.login lets read`);
    } catch (error) {
      throw refusedLogin(error, library);
    }
  }

  /** Whether a subject that logged in earlier may still read, as the config says now. */
  admits({ iss, claims }: Pick<Subject, 'iss' | 'claims'>): boolean {
    return iss === this.#deps.issuer.url && isAllowedReader(this.#deps.config, claims);
  }

  /** Where the issuer lets people log out there as well; null where it does not, or cannot be asked. */
  async endUrl(): Promise<string | null> {
    try {
      const { end_session_endpoint: end } = await this.#deps.discovery.current();
      if (end === undefined) return null;
      const url = new URL(end);
      url.searchParams.set('client_id', this.#deps.config.clientId);
      return url.href;
    } catch {
      return null;
    }
  }

  /** Whether the issuer can be asked. @throws HeadgateError LOGIN_UNAVAILABLE */
  look(): Promise<LoginMetadata> {
    return this.#deps.discovery.current();
  }

  /** Made anew each time, so that a rotated secret counts at once. */
  async #configuration(metadata: LoginMetadata): Promise<Configuration> {
    const { config, send, secret, internal } = this.#deps;
    const library = await import('openid-client');
    const methods = metadata.token_endpoint_auth_methods_supported;
    const authenticate = methods.includes('client_secret_basic') ? library.ClientSecretBasic : library.ClientSecretPost;
    const value = Buffer.from(secret(config.clientSecret)).toString('utf8');
    const tolerance = limits.identity.skew / 1_000;
    const configuration = new library.Configuration(
      metadata,
      config.clientId,
      { [library.clockTolerance]: tolerance },
      authenticate(value),
    );
    configuration[library.customFetch] = libraryFetch(send);
    if (internal) library.allowInsecureRequests(configuration);
    return configuration;
  }
}
