import type { NameRule } from './register.ts';

type Named = { readonly user: string } | { readonly none: string };

/** The user name that a rule reads from a token; or in words why there is none. */
export function userOfClaims(rule: NameRule, claims: Readonly<Record<string, unknown>>): Named {
  const { claim, claimSuffix } = rule;
  const said: unknown = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
  if (typeof said !== 'string') return { none: `the token has no claim ${claim} that is text` };
  if (claim === 'email' && claims['email_verified'] !== true) return { none: 'the token does not say that its email is verified' };
  return userIn(rule, said, '', claimSuffix, `claim ${claim}`);
}

/** The user name that a rule reads from the name of an account of a source; undefined when the rule is not about that source. */
export function userOfAccount(rule: NameRule, source: string, name: string): Named | undefined {
  const form = rule.accounts.find((entry) => entry.source === source);
  return form && userIn(rule, name, form.prefix, form.suffix, `the name of the account`);
}

/**
 * Names are compared in lower case: GitHub and the usual identity providers take `Jane` and `jane` for one. Only ASCII, so that no two
 * names that look alike, or become alike in lower case, are taken for one.
 */
function userIn({ name, except }: NameRule, text: string, prefix: string, suffix: string, what: string): Named {
  const folded = text.toLowerCase();
  const [before, after] = [prefix.toLowerCase(), suffix.toLowerCase()];
  const user = folded.slice(before.length, folded.length - after.length);
  if (!/^[\x21-\x7e]*$/.test(text) || !folded.startsWith(before) || !folded.endsWith(after) || !userName.test(user))
    return { none: `${what} is none of rule ${name}` };
  if (except.some((glob) => glob.matches(user)) || user.startsWith('service-account-')) return { none: `rule ${name} leaves ${user} out` };
  return { user };
}

/** What a user name may be. */
export const userName = /^[a-z0-9][a-z0-9._@+-]*$/;
