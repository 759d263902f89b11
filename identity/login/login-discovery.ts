import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { GetJson } from '#identity/get-json.ts';

/** OpenID Connect Discovery 1.0 section 3 with RFC 9207 section 3, as much of it as logging in uses. */
const Metadata = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  end_session_endpoint: z.url().exactOptional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).default(['client_secret_basic']),
  id_token_signing_alg_values_supported: z.array(z.string()).default(['RS256']),
  authorization_response_iss_parameter_supported: z.boolean().default(false),
});

export type LoginMetadata = z.output<typeof Metadata>;

export interface LoginMetadataDeps {
  /** The issuer, as configured. */
  readonly url: string;
  readonly getJson: GetJson;
  /** @throws Error when nothing may be sent to an address */
  readonly checkAddress: (url: string) => void;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** Where an issuer wants people to log in, kept for a while. However many ask, it is asked once, and after a failure not at once again. */
export class LoginDiscovery {
  readonly #deps: LoginMetadataDeps;
  #known: { readonly at: number; readonly metadata: LoginMetadata } | undefined;
  #failure: { readonly at: number; readonly message: string } | undefined;
  #underWay: Promise<LoginMetadata> | undefined;

  constructor(deps: LoginMetadataDeps) {
    this.#deps = deps;
  }

  /** @throws HeadgateError LOGIN_UNAVAILABLE */
  async current(): Promise<LoginMetadata> {
    const now = this.#deps.clock.monotonic();
    if (this.#known && now - this.#known.at < limits.login.discoveryAge) return this.#known.metadata;
    if (this.#failure && now - this.#failure.at < limits.identity.coolDown) throw unavailable(this.#failure.message);
    this.#underWay ??= this.#read().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #read(): Promise<LoginMetadata> {
    const { clock } = this.#deps;
    try {
      const metadata = await this.#fetch();
      this.#known = { at: clock.monotonic(), metadata };
      this.#failure = undefined;
      return metadata;
    } catch (cause) {
      this.#failure = { at: clock.monotonic(), message: messageOf(cause) };
      throw unavailable(this.#failure.message, cause);
    }
  }

  /** The document must be of this very issuer (OpenID Connect Discovery 1.0 section 4.3). */
  async #fetch(): Promise<LoginMetadata> {
    const { url, getJson, checkAddress } = this.#deps;
    const parsed = Metadata.safeParse(await getJson(`${url.replace(/\/$/, '')}/.well-known/openid-configuration`));
    if (!parsed.success)
      throw new Error(`${url}: the discovery document lacks ${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')}`);
    const { issuer, authorization_endpoint: authorize, token_endpoint: token, end_session_endpoint: end } = parsed.data;
    if (issuer !== url) throw new Error(`${url}: the discovery document is of another issuer`);
    for (const address of [authorize, token, ...(end === undefined ? [] : [end])]) checkAddress(address);
    return parsed.data;
  }
}

function unavailable(message: string, cause?: unknown): HeadgateError {
  return new HeadgateError('LOGIN_UNAVAILABLE', `the issuer cannot be asked: ${message}`, { cause });
}
