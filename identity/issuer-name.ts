import type { Issuers } from '#identity/issuer.ts';
import { readToken } from '#identity/read-token.ts';
import { issuerOf } from '#identity/verify-token.ts';

/** Name of the configured issuer that a refused token claims to be of, for the log; `unknown` when it is of none. */
export function issuerNameOf(issuers: Issuers, compact: string): string {
  try {
    return issuerOf(issuers, readToken(compact)).name;
  } catch {
    return 'unknown';
  }
}
