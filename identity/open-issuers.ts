import { isLoopback } from '#config/network.ts';
import type { IdentityConfig, IssuerConfig } from '#config/identity-schema.ts';
import type { Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import type { TokenReviews } from '#core/ports/token-reviews.ts';
import { discoverKeys } from '#identity/discover-keys.ts';
import { boundedGet } from '#identity/get-json.ts';
import type { Issuer, Issuers, KeySource } from '#identity/issuer.ts';
import { KeyFile } from '#identity/key-file.ts';
import { RemoteKeys } from '#identity/remote-keys.ts';

export interface Surroundings {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks the clusters whose service accounts are subjects. */
  readonly reviews: TokenReviews;
}

/**
 * The issuers of a config. Nothing is fetched before a token asks for it; files of keys must be there.
 * @throws HeadgateError SECRET_UNAVAILABLE when a file of keys cannot be used
 */
export function openIssuers({ audience, issuers }: IdentityConfig, around: Surroundings): Issuers {
  return issuers.map((issuer) => {
    const audiences = issuer.audiences.length > 0 ? issuer.audiences : [audience];
    return { ...issuer, audiences, proof: proofOf(issuer, around) };
  });
}

function proofOf(issuer: IssuerConfig, around: Surroundings): Issuer['proof'] {
  const { cluster } = issuer;
  if (cluster === null) return keysOf(issuer, around);
  return { review: (compact, audiences) => around.reviews.review(cluster, compact, audiences) };
}

function keysOf({ name, url, jwks, internal }: IssuerConfig, { clock, env }: Pick<Surroundings, 'clock' | 'env'>): KeySource {
  if (jwks) return keyFile(name, jwks.file, clock);
  return new RemoteKeys(discoverKeys(url, boundedGet({ clock, env, internal: isInternal({ url, internal }) })), clock);
}

/** Whether an issuer may be at a private address, and spoken to by http: one on this machine may. */
export function isInternal({ url, internal }: Pick<IssuerConfig, 'url' | 'internal'>): boolean {
  return internal || isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ''));
}

function keyFile(name: string, path: string, clock: Clock): KeySource {
  const keys = new KeyFile(path, clock);
  try {
    keys.read();
    return keys;
  } catch (cause) {
    throw new HeadgateError('SECRET_UNAVAILABLE', `spec.identity.issuers: ${name}: ${messageOf(cause)}`, {
      hint: 'Save the key set of the issuer there: it is what its `jwks_uri` answers.',
      cause,
    });
  }
}
