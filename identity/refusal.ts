/** Why a token is refused, with the meaning for the docs. Stable: never rename one, never reuse one. For log, metric and record alone. */
export const refusalReasons = {
  'too-large': 'The token, or what it claims, is larger or nests deeper than the limits.',
  malformed: 'It is no signed JWT in compact form, or is not spelt in the one canonical way.',
  'unknown-issuer': 'No issuer of the config has exactly this `iss`.',
  algorithm: 'Its algorithm is none that this issuer may use.',
  'critical-header': 'Its header asks for an extension (`crit`).',
  type: 'Its `typ` is not that of the tokens that are taken from this issuer.',
  'unknown-key': 'The issuer has no such key, or the token names none and the issuer has several.',
  'keys-unavailable': "The issuer's keys cannot be had.",
  signature: 'The signature does not fit.',
  audience: 'It was issued for somebody else, or for several.',
  expired: 'It has expired.',
  'not-yet-valid': 'It was issued in the future, or is not valid yet.',
  lifetime: 'It was issued for longer than this issuer may.',
  'claims-missing': 'It lacks a claim that every token needs: exp, iat, sub.',
  'claims-invalid': 'A claim is not of the kind that it must be.',
  'reserved-name': 'It claims a name that belongs to Kubernetes itself (`system:…`).',
  'group-overage': 'Its subject is in more groups than the issuer names in a token.',
  'review-refused':
    'The cluster that it is of says that it is not good: forged, expired, for somebody else, or its account or pod is gone.',
  'review-unavailable': 'The cluster that it is of cannot be asked whether it is good.',
  replayed: 'It was used for another request before.',
} as const satisfies Record<string, string>;

export type RefusalReason = keyof typeof refusalReasons;

/** A token that is not believed. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, detail: string, options?: { readonly cause?: unknown }) {
    super(detail, options);
    this.reason = reason;
  }
}
