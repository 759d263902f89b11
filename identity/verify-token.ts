import type { Subject } from '#core/subject.ts';
import { checkClaims, type CheckedClaims } from '#identity/check-claims.ts';
import { checkHeader } from '#identity/check-header.ts';
import { checkReview } from '#identity/check-review.ts';
import { checkSignature } from '#identity/check-signature.ts';
import type { Issuer, Issuers } from '#identity/issuer.ts';
import { readToken, tokenId, type ReadToken } from '#identity/read-token.ts';
import { TokenRefused } from '#identity/refusal.ts';
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
  const { sub, exp } = await checkProof(issuer, token, now);
  const subject = { issuer: issuer.name, iss: issuer.url, sub, claims: token.claims };
  return { subject, id: tokenId(token), endsAt: exp * 1_000 + limits.identity.skew };
}

/** A cluster is asked last: nobody can make us ask it with a token that would be refused anyway. */
async function checkProof(issuer: Issuer, token: ReadToken, now: number): Promise<CheckedClaims> {
  const { proof } = issuer;
  if ('find' in proof) {
    await checkSignature(issuer, proof, token);
    return checkClaims(issuer, token, now);
  }
  const claims = checkClaims(issuer, token, now);
  await checkReview(issuer, proof, token, claims.sub);
  return claims;
}

/**
 * What `iss` names selects among those that are configured, and nothing else: nobody is asked for keys because a token says so.
 * Among clusters that share it `aud` does.
 */
export function issuerOf(issuers: Issuers, { claims: { iss, aud } }: ReadToken): Issuer {
  const named = issuers.filter(({ url }) => url === iss);
  const audiences: readonly unknown[] = [aud].flat();
  const issuer = named.length < 2 ? named[0] : named.find((one) => one.audiences.some((audience) => audiences.includes(audience)));
  if (issuer) return issuer;
  if (named.length > 0) throw new TokenRefused('audience', `iss ${String(iss)} is that of several clusters, and aud names none of them`);
  throw new TokenRefused('unknown-issuer', `iss ${typeof iss === 'string' ? iss.slice(0, limits.identity.saidChars) : '(none)'}`);
}
