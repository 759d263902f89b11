import { z } from 'zod';
import { name } from '#config/name.ts';
import { secretRef } from '#config/secret-ref.ts';
import { isObject } from '#core/json.ts';
import { limits } from '#core/limits.ts';

/** A claim that must be there with one of these values, exactly. */
export interface AllowedClaim {
  /** `['realm_access', 'roles']`: keys, outermost first. */
  readonly claim: readonly string[];
  readonly is: readonly (string | number | boolean)[];
}

const visible = z.string().regex(/^[\x21-\x7e]{1,255}$/, 'must be up to 255 visible ASCII characters');

/** `spec.identity.login`. */
export const loginSchema = z
  .strictObject({
    issuer: name.describe('Name of the entry of `issuers` where people log in.'),
    clientId: visible.describe('The client as the issuer has registered it. ID tokens must be issued for it alone.'),
    clientSecret: secretRef.describe("The client's secret, read again when it changes."),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, 'must be a scope without spaces'))
      .min(1)
      .max(limits.login.scopes)
      .default(['openid', 'profile', 'email'])
      .refine((scopes) => scopes.includes('openid'), 'must have `openid`: without it there is no ID token')
      .describe('What is asked of the issuer. Groups need a scope of their own at some (`groups` at Dex).'),
    allow: z
      .array(allowedClaims())
      .min(1)
      .max(limits.login.rules)
      .optional()
      .describe(
        'Who may read: whoever fits any of these. Each is a mapping of claims to the values that they must have, exactly, as in `subjects` of a policy.',
      ),
    anyone: z.boolean().default(false).describe('Lets everybody read whom the issuer lets log in. In place of `allow`.'),
  })
  .superRefine(({ allow, anyone }, context) => {
    if ((allow !== undefined) !== anyone) return;
    const params = { hint: 'list who may read in `allow`, for example `allow: [ { groups: [ sre ] } ]`; or say `anyone: true`' };
    const message = anyone ? 'has `allow` and `anyone`: one of them' : 'does not say who may read: an issuer lets more people log in';
    context.addIssue({ code: 'custom', path: [], message, params });
  });

export type LoginConfig = z.output<typeof loginSchema>;

function allowedClaims() {
  return z.record(z.string().min(1).max(limits.identity.saidChars), z.unknown()).transform((mapping, context): readonly AllowedClaim[] => {
    const refuse: Refuse = (path, message, hint) => context.addIssue({ code: 'custom', path: [...path], message, params: { hint } });
    const claims = claimsOf(mapping, [], refuse);
    if (claims.every(({ claim: [first = ''] }) => noIdentity.includes(first)) && context.issues.length === 0)
      refuse([], 'nothing in it says who', 'name `sub`, `groups`, or another claim that only they have');
    return claims;
  });
}

/** Claims that every ID token of a client has alike, or that say how it was made. */
const noIdentity: readonly string[] = [
  ...['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', 'typ', 'azp', 'auth_time', 'nonce', 'acr', 'amr', 'email_verified'],
];

type Refuse = (path: readonly string[], message: string, hint: string) => void;

function claimsOf(mapping: object, above: readonly string[], refuse: Refuse): readonly AllowedClaim[] {
  return Object.entries(mapping).flatMap(([key, value]: [string, unknown]): readonly AllowedClaim[] => {
    const claim = [...above, key];
    if (claim.length > limits.identity.claimsDepth) {
      refuse(claim, 'is nested too deeply', 'claims are not that deep');
      return [];
    }
    return isMapping(value) ? claimsOf(value, claim, refuse) : [{ claim, is: valuesOf(value, claim, refuse) }];
  });
}

function valuesOf(value: unknown, claim: readonly string[], refuse: Refuse): AllowedClaim['is'] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0) refuse(claim, 'has no value', 'write the values that the claim may have');
  return values.flatMap((one): AllowedClaim['is'] => {
    if (typeof one === 'number' || typeof one === 'boolean') return [one];
    if (typeof one !== 'string' || one === '') refuse(claim, 'must be text, a number, true or false', 'or a list of them');
    else if (one.includes('*')) refuse(claim, `\`${one}\` is no pattern: claims are compared exactly`, 'list the values');
    else return [one];
    return [];
  });
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && Object.keys(value).length > 0;
}
