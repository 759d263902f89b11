/** The asymmetric algorithms of JWS (RFC 7518 section 3.1, RFC 8037, RFC 9864). With a symmetric one whoever verifies could also sign. */
export const jwtAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const;

export type JwtAlgorithm = (typeof jwtAlgorithms)[number];
