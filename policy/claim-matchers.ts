import { z } from 'zod';
import { isObject } from '#core/json.ts';
import { limits } from '#core/limits.ts';
import type { Plain, PlainMap } from '#policy/plain-value.ts';

/** A claim that must be there with one of these values, exactly. */
export interface ClaimMatcher {
  /** `['https://sts.amazonaws.com/', 'org_id']`: keys, outermost first. */
  readonly claim: readonly string[];
  readonly is: readonly Scalar[];
}

type Scalar = string | number | boolean;

/**
 * Whether a claim has one of the values: of a list, one of its entries. Texts are compared as a whole, so that a text where a
 * list is expected (`groups: "sre-guests"`) matches nothing by a part of it.
 */
export function claimMatches({ claim, is }: ClaimMatcher, claims: PlainMap): boolean {
  const found = claimAt(claim, claims);
  return Array.isArray(found) ? found.some((entry: Plain) => isOneOf(entry, is)) : isOneOf(found, is);
}

function isOneOf(value: Plain | undefined, values: readonly Scalar[]): boolean {
  const scalar = typeof value === 'bigint' ? Number(value) : value;
  return values.some((one) => one === scalar);
}

/** `claim repository is org/other, not org/app`: why one does not match. */
export function claimMisfit({ claim, is }: ClaimMatcher, claims: PlainMap): string {
  const found = claimAt(claim, claims);
  const name = claim.join('.');
  const wanted = is.map(String).join(' or ');
  return found === undefined ? `the token has no claim ${name}` : `claim ${name} is ${shown(found)}, not ${wanted}`;
}

function claimAt(claim: readonly string[], claims: PlainMap): Plain | undefined {
  return claim.reduce<Plain | undefined>((value, key) => (value instanceof Map ? (value as PlainMap).get(key) : undefined), claims);
}

function shown(value: Plain): string {
  const text = textOf(value);
  return text.length > limits.cel.saidChars ? `${text.slice(0, limits.cel.saidChars)}…` : text;
}

function textOf(value: Plain): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return 'get' in value ? 'a mapping' : `a list (${value.map(textOf).join(', ')})`;
}

/** Claims that say when, where or for whom a token was made, not who has it (RFC 7519 4.1; GitHub, GitLab: of the job). */
const noIdentity: readonly string[] = [
  ...['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', 'typ', 'azp', 'auth_time', 'nonce', 'email_verified'],
  ...['ref', 'ref_type', 'ref_protected', 'ref_path', 'event_name', 'environment', 'environment_protected', 'runner_environment'],
];

/** Whether matchers say who it is, not only when, where or for whom the token was made. */
export function identifies(matchers: readonly ClaimMatcher[]): boolean {
  return matchers.some(({ claim: [first = ''] }) => !noIdentity.includes(first));
}

/** `match` of a subject rule: claims, or mappings of claims, to one value or a list of them. */
export const claimMatchers = z
  .unknown()
  .meta({ type: 'object' })
  .transform((value, context): readonly ClaimMatcher[] => {
    const refuse = (path: readonly string[], message: string, hint: string): void =>
      context.addIssue({ code: 'custom', path: [...path], message, params: { hint } });
    if (!isObject(value)) refuse([], 'must be a mapping', 'claims with the values that they must have');
    return isObject(value) ? matchersOf(value, [], refuse) : [];
  });

type Refuse = (path: readonly string[], message: string, hint: string) => void;

function matchersOf(mapping: object, above: readonly string[], refuse: Refuse): readonly ClaimMatcher[] {
  return Object.entries(mapping).flatMap(([key, value]: [string, unknown]) => {
    const claim = [...above, key];
    if (claim.length > limits.cel.depth) refuse(claim, 'is nested too deeply', 'claims are not that deep');
    else if (isObject(value) && Object.keys(value).length > 0) return matchersOf(value, claim, refuse);
    else return [{ claim, is: valuesOf(value, claim, refuse) }];
    return [];
  });
}

function valuesOf(value: unknown, claim: readonly string[], refuse: Refuse): readonly Scalar[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0 || values.length > limits.cel.items)
    refuse(claim, `needs one to ${limits.cel.items} values`, 'write the value that the claim must have');
  return values.flatMap((one) => {
    if (typeof one !== 'string' && typeof one !== 'number' && typeof one !== 'boolean')
      refuse(claim, 'must be text, a number, true or false', 'or a list of them');
    else if (one === '') refuse(claim, 'is empty', 'write the value that the claim must have');
    else if (typeof one === 'string' && one.includes('*'))
      refuse(claim, `\`${one}\` is no pattern: claims are compared exactly`, patternHint);
    else return [one];
    return [];
  });
}

const patternHint =
  "list the values, or add a validation such as `claims.sub.matches('^repo:org/[^:]*:ref:refs/heads/main$')` to another matcher";
