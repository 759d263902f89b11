import type { IdentityConfig } from '#config/identity-schema.ts';
import type { TokenVerifier, VerifierDeps } from '#identity/verifier.ts';
import type { Surroundings } from '#identity/open-issuers.ts';

/**
 * What verifies tokens. Loaded only where issuers are configured: it brings 15 MB with it.
 * @throws HeadgateError SECRET_UNAVAILABLE when a file of keys cannot be used
 */
export async function openVerifier(config: IdentityConfig, around: VerifierDeps & Surroundings): Promise<TokenVerifier> {
  const [{ openIssuers }, { TokenVerifier }] = await Promise.all([import('#identity/open-issuers.ts'), import('#identity/verifier.ts')]);
  return new TokenVerifier(openIssuers(config, around), around);
}
