import { CompactSign, exportJWK, generateKeyPair, type JWK, type JWSHeaderParameters } from 'jose';

/** A pair of keys and what an issuer does with them. */
export interface Signer {
  readonly jwk: JWK;
  readonly privateJwk: JWK;
  sign(claims: object, header?: JWSHeaderParameters): Promise<string>;
}

export async function createSigner(alg = 'RS256', kid = 'one'): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    privateJwk: { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' },
    sign: (claims, header = {}) =>
      new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader({ alg, kid, ...header }).sign(privateKey),
  };
}

export const AUDIENCE = 'https://headgate.example.com';
export const ISSUER = 'https://login.example.com';
/** The moment at which the tests' tokens are looked at, milliseconds since the epoch. */
export const NOW = Date.UTC(2026, 0, 1, 12);

/** What a good token claims. */
export function goodClaims(over: object = {}): Record<string, unknown> {
  const iat = NOW / 1_000 - 10;
  return { iss: ISSUER, aud: AUDIENCE, sub: 'repo:org/app:ref:refs/heads/main', iat, exp: iat + 300, jti: 'token-1', ...over };
}

/** A compact token of any parts. */
export function compact(header: unknown, claims: unknown, signature = 'c2ln'): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.${signature}`;
}
