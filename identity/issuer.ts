import type { LocalJWKSet } from 'jose';
import type { IssuerConfig } from '#config/identity-schema.ts';

/** Finds the key that a token names. */
export interface KeySource {
  /**
   * @throws jose's JWKSNoMatchingKey, JWKSMultipleMatchingKeys
   * @throws TokenRefused keys-unavailable
   */
  readonly find: LocalJWKSet | ((...of: Parameters<LocalJWKSet>) => ReturnType<LocalJWKSet>);
}

/** Somebody whose signed word is taken. */
export interface Issuer extends Omit<IssuerConfig, 'jwks' | 'internal'> {
  /** Never empty. */
  readonly audiences: readonly string[];
  readonly keys: KeySource;
}

/** By `iss`, exactly as it must stand in tokens. */
export type Issuers = ReadonlyMap<string, Issuer>;
