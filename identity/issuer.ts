import type { LocalJWKSet } from 'jose';
import type { IssuerConfig } from '#config/identity-schema.ts';
import type { TokenReview } from '#core/ports/token-reviews.ts';

/** Finds the key that a token names. */
export interface KeySource {
  /**
   * @throws jose's JWKSNoMatchingKey, JWKSMultipleMatchingKeys
   * @throws TokenRefused keys-unavailable
   */
  readonly find: LocalJWKSet | ((...of: Parameters<LocalJWKSet>) => ReturnType<LocalJWKSet>);
}

/** Says of a token whether it is genuine, as its own cluster does. */
export interface Reviewer {
  /** @throws HeadgateError when it cannot be asked */
  readonly review: (compact: string, audiences: readonly string[]) => Promise<TokenReview>;
}

/** Somebody whose signed word is taken. */
export interface Issuer extends Omit<IssuerConfig, 'jwks' | 'internal'> {
  /** Never empty. */
  readonly audiences: readonly string[];
  /** What finds out whether a token is genuine. */
  readonly proof: KeySource | Reviewer;
}

/** Those of one `iss` differ in their audiences (config/identity-schema.ts). */
export type Issuers = readonly Issuer[];
