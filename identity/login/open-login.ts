import type { IdentityConfig, IssuerConfig } from '#config/identity-schema.ts';
import type { SecretRef } from '#config/secret-ref.ts';
import { boundedRequest } from '#identity/bounded-request.ts';
import { getJsonBy } from '#identity/get-json.ts';
import type { Issuers } from '#identity/issuer.ts';
import { IssuerLogin } from '#identity/login/issuer-login.ts';
import { LoginDiscovery, type LoginMetadata } from '#identity/login/login-discovery.ts';
import { isInternal, type Surroundings } from '#identity/open-issuers.ts';
import { checkAddress } from '#identity/public-address.ts';

export interface OpenLoginDeps extends Surroundings {
  readonly issuers: Issuers;
  readonly secret: (ref: SecretRef) => Uint8Array;
}

/** Logging in, as the config says; null where it says nothing. Nothing is fetched, and openid-client not loaded, before somebody logs in. */
export function openLogin({ login, issuers: configured }: IdentityConfig, deps: OpenLoginDeps): IssuerLogin | null {
  const config = login && configured.find(({ name }) => name === login.issuer);
  const issuer = config && deps.issuers.find(({ name }) => name === config.name);
  if (!login || !config || !issuer) return null;
  const { clock, secret } = deps;
  return new IssuerLogin({ config: login, issuer, secret, clock, ...waysTo(config, deps) });
}

/** As much of it as says whether the issuer can be asked; null where nobody logs in. */
export function lookedAtIssuer(
  { login, issuers }: IdentityConfig,
  around: Pick<Surroundings, 'clock' | 'env'>,
): { readonly issuer: string; look(): Promise<LoginMetadata> } | null {
  const config = login && issuers.find(({ name }) => name === login.issuer);
  if (!config) return null;
  const { discovery } = waysTo(config, around);
  return { issuer: config.name, look: () => discovery.current() };
}

/** How an issuer is asked. */
function waysTo(config: Pick<IssuerConfig, 'url' | 'internal'>, { clock, env }: Pick<Surroundings, 'clock' | 'env'>) {
  const internal = isInternal(config);
  const send = boundedRequest({ clock, env, internal });
  const check = internal ? () => {} : checkAddress;
  const discovery = new LoginDiscovery({ url: config.url, getJson: getJsonBy(send), checkAddress: check, clock });
  return { internal, send, discovery };
}
