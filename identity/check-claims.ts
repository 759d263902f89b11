import { z } from 'zod';
import { limits } from '#core/limits.ts';
import type { Issuer } from '#identity/issuer.ts';
import type { ReadToken } from '#identity/read-token.ts';
import { TokenRefused } from '#identity/refusal.ts';

const { skew, subjectChars } = limits.identity;

/** NumericDate (RFC 7519 section 2), seconds. */
const seconds = z.number().min(0).max(253_402_300_799);

const Claims = z.object({
  sub: z
    .string()
    .min(1)
    .max(subjectChars)
    .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u),
  exp: seconds,
  iat: seconds,
  nbf: seconds.optional(),
  aud: z.union([z.string(), z.array(z.string()).min(1).max(10)]),
  groups: z.array(z.string()).optional(),
});

export type CheckedClaims = z.output<typeof Claims>;

/**
 * Checks what a token claims, once its signature is known to be good.
 * @param now milliseconds since the epoch
 * @throws TokenRefused claims-missing, claims-invalid, audience, expired, not-yet-valid, lifetime, reserved-name, group-overage
 */
export function checkClaims(issuer: Issuer, { claims: given }: ReadToken, now: number): CheckedClaims {
  const claims = claimsOf(given);
  checkAudience(issuer, claims.aud);
  checkTimes(issuer, claims, now);
  checkNames(issuer, claims);
  if (issuer.preset === 'entra') checkOverage(given);
  return claims;
}

function claimsOf(given: ReadToken['claims']): CheckedClaims {
  const missing = ['exp', 'iat', 'sub', 'aud'].filter((name) => !Object.hasOwn(given, name));
  if (missing.length > 0) throw new TokenRefused('claims-missing', `without ${missing.join(', ')}`);
  const parsed = Claims.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new TokenRefused('claims-invalid', `not as it must be: ${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')}`);
}

/** RFC 7519 section 4.1.3. Several audiences could each pass the token on: taken only where every one of them is known. */
function checkAudience({ audiences }: Issuer, aud: CheckedClaims['aud']): void {
  const named = [aud].flat();
  if (named.every((one) => audiences.includes(one))) return;
  throw new TokenRefused('audience', `aud ${named.join(', ')}, not ${audiences.join(', ')}`);
}

function checkTimes({ maxLifetime }: Issuer, { exp, iat, nbf = 0 }: CheckedClaims, now: number): void {
  const lifetime = (exp - iat) * 1_000;
  if (exp * 1_000 + skew <= now) throw new TokenRefused('expired', `exp ${new Date(exp * 1_000).toISOString()}`);
  if (Math.max(iat, nbf) * 1_000 - skew > now) throw new TokenRefused('not-yet-valid', 'iat or nbf lies in the future');
  if (lifetime <= 0) throw new TokenRefused('claims-invalid', 'exp is not after iat');
  if (lifetime > maxLifetime)
    throw new TokenRefused('lifetime', `${lifetime / 1_000} s from iat to exp, more than ${maxLifetime / 1_000} s`);
}

const serviceAccount = /^system:serviceaccount:[a-z0-9-]{1,63}:[a-z0-9.-]{1,253}$/;

/** Names that Kubernetes gives to itself: whoever could claim one elsewhere would be cluster-admin. Its own service accounts may be subjects. */
function checkNames({ serviceAccounts }: Issuer, { sub, groups = [] }: CheckedClaims): void {
  const isReserved = (text: string): boolean => text.toLowerCase().startsWith('system:');
  if (isReserved(sub) && !(serviceAccounts && serviceAccount.test(sub))) throw new TokenRefused('reserved-name', `sub ${sub}`);
  const group = groups.find(isReserved);
  if (group !== undefined) throw new TokenRefused('reserved-name', `group ${group}`);
}

/** Microsoft Entra names no groups at all when there are more than 200 (learn.microsoft.com, "Groups overage claim"). */
function checkOverage({ _claim_names: elsewhere, hasgroups }: ReadToken['claims']): void {
  const isElsewhere = typeof elsewhere === 'object' && elsewhere !== null && Object.hasOwn(elsewhere, 'groups');
  if (isElsewhere || (hasgroups !== undefined && hasgroups !== false))
    throw new TokenRefused('group-overage', 'the subject is in too many groups for the token to name them');
}
