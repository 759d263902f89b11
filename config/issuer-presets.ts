import type { JwtAlgorithm } from '#core/jwt-algorithms.ts';

const HOUR = 60 * 60 * 1_000;

/** What is known of a kind of issuer: how it signs, how long its tokens live, and what is particular about them. */
export interface IssuerPreset {
  /** Where there is but one of it. */
  readonly url?: string;
  readonly algorithms: readonly JwtAlgorithm[];
  /** Milliseconds from `iat` to `exp`, where its tokens usually live longer than the default. */
  readonly maxLifetime?: number;
  /** Its subjects are service accounts of Kubernetes: `system:serviceaccount:…`. */
  readonly serviceAccounts?: true;
}

const usual: readonly JwtAlgorithm[] = ['RS256', 'ES256'];

/** Issuers that need little configuration. */
export const issuerPresets = {
  'github-actions': { url: 'https://token.actions.githubusercontent.com', algorithms: ['RS256'] },
  gitlab: { algorithms: ['RS256'], maxLifetime: HOUR },
  kubernetes: { algorithms: usual, maxLifetime: HOUR, serviceAccounts: true },
  keycloak: { algorithms: usual },
  dex: { algorithms: usual },
  entra: { algorithms: ['RS256'], maxLifetime: 1.5 * HOUR },
  google: { url: 'https://accounts.google.com', algorithms: ['RS256'], maxLifetime: HOUR },
  aws: { algorithms: ['ES384', 'RS256'] },
} as const satisfies Record<string, IssuerPreset>;

export type IssuerPresetName = keyof typeof issuerPresets;

export const issuerPresetNames = Object.keys(issuerPresets) as readonly IssuerPresetName[];
