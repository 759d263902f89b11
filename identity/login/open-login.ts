import type { IdentityConfig } from '#config/identity-schema.ts';
import type { SecretRef } from '#config/secret-ref.ts';
import { boundedRequest } from '#identity/bounded-request.ts';
import { getJsonBy } from '#identity/get-json.ts';
import type { Issuers } from '#identity/issuer.ts';
import { IssuerLogin } from '#identity/login/issuer-login.ts';
import { LoginDiscovery } from '#identity/login/login-discovery.ts';
import { isInternal, type Surroundings } from '#identity/open-issuers.ts';
import { checkAddress } from '#identity/public-address.ts';

export interface OpenLoginDeps extends Surroundings {
  readonly issuers: Issuers;
  readonly secret: (ref: SecretRef) => Uint8Array;
}

/** Logging in, as the config says; null where it says nothing. Nothing is fetched, and openid-client not loaded, before somebody logs in. */
export function openLogin({ login, issuers: configured }: IdentityConfig, deps: OpenLoginDeps): IssuerLogin | null {
  const config = login && configured.find(({ name }) => name === login.issuer);
  const issuer = config && deps.issuers.get(config.url);
  if (!login || !config || !issuer) return null;
  const { clock, env, secret } = deps;
  const internal = isInternal(config);
  const send = boundedRequest({ clock, env, internal });
  const check = internal ? () => {} : checkAddress;
  const discovery = new LoginDiscovery({ url: config.url, getJson: getJsonBy(send), checkAddress: check, clock });
  return new IssuerLogin({ config: login, issuer, discovery, send, internal, secret, clock });
}
