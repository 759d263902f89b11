import { createPrivateKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { SecretRef } from '#config/secret-ref.ts';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { bearer, readCredential, type Credentials, type ReadSecret } from './credentials.ts';

export interface GithubApp {
  /** The App's id or client id. */
  readonly id: string | number;
  readonly installation: number;
  /** Its private key in PEM. */
  readonly key: SecretRef;
}

export interface AppAuthOptions {
  readonly app: GithubApp;
  readonly secret: ReadSecret;
  readonly clock: Clock;
  /** Exchanges the App's JWT for a token of its installation. */
  readonly exchange: (installation: number, authorization: string) => Promise<unknown>;
}

const InstallationToken = z.object({ token: z.string().min(1), expires_at: z.iso.datetime({ offset: true }) });

/**
 * Speaks for one installation of a GitHub App (docs.github.com "Authenticating as a GitHub App installation"):
 * an RS256 JWT of at most ten minutes buys a token of an hour, which is used until shortly before its end.
 */
export class AppAuth implements Credentials {
  readonly #options: AppAuthOptions;
  #token: { readonly authorization: string; readonly until: number } | undefined;
  #asking: Promise<string> | undefined;

  constructor(options: AppAuthOptions) {
    this.#options = options;
  }

  /** @throws HeadgateError SOURCE_REFUSED, or what the exchange throws */
  authorization(): Promise<string> {
    if (this.#token !== undefined && this.#options.clock.monotonic() < this.#token.until) return Promise.resolve(this.#token.authorization);
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  refused(authorization: string): boolean {
    if (this.#token?.authorization === authorization) this.#token = undefined;
    return true;
  }

  async #ask(): Promise<string> {
    const { app, clock, exchange } = this.#options;
    const answer = InstallationToken.safeParse(await exchange(app.installation, bearer(await this.jwt())));
    if (!answer.success)
      throw new HeadgateError('SOURCE_UNREACHABLE', 'the answer to a request for an installation token is not as documented');
    const lives = Date.parse(answer.data.expires_at) - clock.now() - limits.github.tokenMargin;
    this.#token = { authorization: bearer(answer.data.token), until: clock.monotonic() + lives };
    return this.#token.authorization;
  }

  /** Of the App itself. Dated a minute back, as GitHub advises, for clocks that differ. @throws HeadgateError SOURCE_REFUSED */
  async jwt(): Promise<string> {
    const { app, clock, secret } = this.#options;
    const key = privateKey(readCredential(app.key, secret));
    const now = Math.floor(clock.now() / 1_000);
    const { SignJWT } = await import('jose');
    return new SignJWT()
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(String(app.id))
      .setIssuedAt(now - 60)
      .setExpirationTime(now + limits.github.jwtSeconds)
      .sign(key);
  }
}

/** GitHub hands keys out as PKCS#1; both forms are taken. */
function privateKey(pem: Buffer): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // said below, without what the key looks like
  }
  throw new HeadgateError('SOURCE_REFUSED', "the App's private key is no RSA key in PEM");
}
