import { compactVerify, errors } from 'jose';
import type { Subject } from '#core/subject.ts';
import { checkClaims } from '#identity/check-claims.ts';
import { checkHeader } from '#identity/check-header.ts';
import type { Issuer, Issuers } from '#identity/issuer.ts';
import { readToken, tokenId, type ReadToken } from '#identity/read-token.ts';
import { TokenRefused, type RefusalReason } from '#identity/refusal.ts';
import { limits } from '#core/limits.ts';

/** A token that is believed. */
export interface VerifiedToken {
  readonly subject: Subject;
  /** Tells it from every other token, however it is spelt. */
  readonly id: string;
  /** From then on it is refused, milliseconds since the epoch. */
  readonly endsAt: number;
}

/**
 * Whose token is it? Size and shape first, then an issuer that is configured, its algorithms, its signature, and only then what is claimed
 * (RFC 8725, "JSON Web Token Best Current Practices").
 * @param now milliseconds since the epoch
 * @throws TokenRefused
 */
export async function verifyToken(issuers: Issuers, compact: string, now: number): Promise<VerifiedToken> {
  const token = readToken(compact);
  const issuer = issuerOf(issuers, token);
  checkHeader(issuer, token);
  await checkSignature(issuer, token);
  const { sub, exp } = checkClaims(issuer, token, now);
  const subject = { issuer: issuer.name, iss: issuer.url, sub, claims: token.claims };
  return { subject, id: tokenId(token), endsAt: exp * 1_000 + limits.identity.skew };
}

/** What `iss` names selects among those that are configured, and nothing else: nobody is asked for keys because a token says so. */
export function issuerOf(issuers: Issuers, { claims: { iss } }: ReadToken): Issuer {
  const issuer = typeof iss === 'string' ? issuers.get(iss) : undefined;
  if (issuer) return issuer;
  throw new TokenRefused('unknown-issuer', `iss ${typeof iss === 'string' ? iss.slice(0, limits.identity.saidChars) : '(none)'}`);
}

async function checkSignature({ algorithms, keys }: Issuer, { compact }: ReadToken): Promise<void> {
  try {
    await compactVerify(compact, keys.find, { algorithms: [...algorithms] });
  } catch (error) {
    if (error instanceof TokenRefused) throw error;
    throw new TokenRefused(reasonOf(error), error instanceof Error ? error.message : 'not verified', { cause: error });
  }
}

function reasonOf(error: unknown): RefusalReason {
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return 'unknown-key';
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) return 'algorithm';
  return error instanceof errors.JWSInvalid ? 'malformed' : 'signature';
}
