import type { AllowedClaim, LoginConfig } from '#config/login-schema.ts';

type Claims = Readonly<Record<string, unknown>>;

/** Whether somebody who has logged in may read: one entry of `allow` fits with all of its claims. Nobody, where nothing says so. */
export function isAllowedReader({ allow, anyone }: Pick<LoginConfig, 'allow' | 'anyone'>, claims: Claims): boolean {
  return anyone || (allow ?? []).some((wanted) => wanted.length > 0 && wanted.every((one) => holds(one, claims)));
}

/** Of a claim that is a list, an entry must be one of the values; texts are compared as a whole. */
function holds({ claim, is }: AllowedClaim, claims: Claims): boolean {
  const found = claim.reduce<unknown>((value, key) => (isClaims(value) && Object.hasOwn(value, key) ? value[key] : undefined), claims);
  const values: readonly unknown[] = Array.isArray(found) ? found : [found];
  return values.some((value) => is.some((one) => one === value));
}

function isClaims(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
