import type { IdentityConfig } from '#config/identity-schema.ts';
import type { SecretRef } from '#config/secret-ref.ts';
import type { IssuerLogin } from '#identity/login/issuer-login.ts';
import type { TokenVerifier, VerifierDeps } from '#identity/verifier.ts';
import type { Surroundings } from '#identity/open-issuers.ts';

export interface Identity {
  readonly tokens: TokenVerifier;
  /** Null: nobody logs in by an issuer. */
  readonly login: IssuerLogin | null;
}

/**
 * What verifies tokens, and logs people in. Loaded only where issuers are configured: it brings 15 MB with it.
 * @throws HeadgateError SECRET_UNAVAILABLE when a file of keys, or the client's secret, cannot be used
 */
export async function openIdentity(
  config: IdentityConfig,
  around: VerifierDeps & Surroundings & { readonly secret: (ref: SecretRef) => Uint8Array },
): Promise<Identity> {
  const [{ openIssuers }, { TokenVerifier }, { openLogin }] = await Promise.all([
    import('#identity/open-issuers.ts'),
    import('#identity/verifier.ts'),
    import('#identity/login/open-login.ts'),
  ]);
  if (config.login) around.secret(config.login.clientSecret);
  const issuers = openIssuers(config, around);
  return { tokens: new TokenVerifier(issuers, around), login: openLogin(config, { ...around, issuers }) };
}
