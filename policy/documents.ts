import { z } from 'zod';
import type { Enforcement, Mode } from '#core/decision.ts';
import type { Glob } from '#core/glob.ts';
import { limits } from '#core/limits.ts';
import type { People } from '#core/person.ts';
import { name } from '#config/name.ts';
import { documentSchema } from '#config/yaml-documents.ts';
import type { ClaimViews } from '#policy/claim-views.ts';
import { claimMatchers, identifies, type ClaimMatcher } from '#policy/claim-matchers.ts';
import { matcherOf, peopleKeys, type PeopleMatcher } from '#policy/people/matcher.ts';
import { sourceGroupHint, sourceGroupsAmong } from '#policy/people/source-groups.ts';
import { checkRules, reviewRules, signedRule, type RangeRules } from '#policy/range-rules.ts';
import { globList, globText, refGlob, repositoryGlob } from '#policy/patterns.ts';
import { targetSelector, type TargetSelector } from '#policy/target-selector.ts';
import type { Validation, Variable } from '#policy/validation.ts';

/** Every policy in force at one moment. */
export interface PolicySet {
  /** By name. */
  readonly policies: readonly Policy[];
  readonly index: PolicyLookup;
  /** SHA-256 over the policies' names and hashes, and that of people where documents name any. */
  readonly hash: string;
  /** What decisions under this set have seen of subjects. */
  readonly claims: ClaimViews;
  /** Who is who, as documents beside the policies say. */
  readonly people: People;
  /** The commit that they were read at; null where they come from no repository. */
  readonly revision: string | null;
  /** Why there are no policies although there should be; null when the set is what was loaded. */
  readonly unavailable: string | null;
}

/** Finds policies by the namespaces that they could be about. */
export interface PolicyLookup {
  candidates(namespaces: readonly string[]): readonly Policy[];
}

/** A loaded GatePolicy. */
export interface Policy extends RangeRules {
  readonly name: string;
  /** SHA-256 of the normalised document: defaults filled in, keys in one order, no comments. */
  readonly hash: string;
  readonly mode: Mode;
  readonly enforcement: Enforcement;
  readonly targets: readonly TargetSelector[];
  readonly changes: readonly ChangeRule[];
  /** Who must stand behind a change; null when nobody need to. */
  readonly subjects: readonly SubjectRule[] | null;
  readonly variables: readonly Variable[];
  readonly validations: readonly Validation[];
  /** `payments.yaml:3:1`: where it was read. */
  readonly place: string;
}

/** A change that fits every field of one rule is allowed by its policy. */
export interface ChangeRule {
  readonly source: Glob;
  readonly repositories: readonly Glob[];
  readonly refs: readonly Glob[];
  /** Only changes that the source itself has confirmed. */
  readonly confirmed: boolean;
  /** Who must have pushed; null when anybody may. */
  readonly pushers: PeopleMatcher | null;
  /** Whether each change must have met the source's own submit requirements; null = as the source has any. */
  readonly reviewed: boolean | null;
  /** Names of submit requirements that each change must have satisfied. */
  readonly requirements: readonly string[];
}

/** A verified subject that fits all of it is enough. */
export interface SubjectRule {
  /** Name of the issuer in the config. */
  readonly issuer: string;
  readonly match: readonly ClaimMatcher[];
  /** Who it must be; null when the claims say enough. */
  readonly persons: PeopleMatcher | null;
  readonly validations: readonly Validation[];
}

const pushers = z
  .strictObject(peopleKeys)
  .transform((keys, context) => {
    const matcher = matcherOf(keys);
    if (matcher) return matcher;
    context.addIssue({ code: 'custom', message: 'names nobody', params: { hint: 'write `people` or `groups`, or leave it out' } });
    return z.NEVER;
  })
  .exactOptional()
  .describe(
    'Who must have pushed it, by the account that the source names: one of `people`, or somebody in one of `groups`. ' +
      'What nobody is known to have pushed is denied: what a sweep found, for example.',
  );

const changeRule = z
  .strictObject({
    source: globText.describe('Name of the source (`spec.sources[].name` of the Config), or a pattern.'),
    repositories: globList(repositoryGlob).describe('Full names of repositories on the source, or patterns: `org/app`, `org/*`.'),
    refs: globList(refGlob).describe(
      'Full refs, or patterns: `refs/heads/main`, `refs/heads/release/**`, `refs/tags/v*`; of Mercurial typed ones: `branch:default`, `bookmark:prod`, `tag:v*@branch:default`.',
    ),
    confirmed: z
      .boolean()
      .default(true)
      .describe('Whether the source itself must have confirmed the change. `false` also takes what only a signed webhook says.'),
    pushers,
    reviewed: z
      .boolean()
      .exactOptional()
      .describe(
        'Whether every commit must have been brought by a submitted change that satisfied its submit requirements, none of them forced or overridden. ' +
          'Left out, that is so where the source has submit requirements (Gerrit). `false` also takes direct pushes and whatever was submitted past them. ' +
          'Where the source has none `true` allows nothing: ask with `reviews`.',
      ),
    requirements: z
      .array(z.string().min(1).max(limits.policy.nameChars))
      .min(1)
      .max(limits.policy.names)
      .exactOptional()
      .describe(
        'Names of submit requirements that each of these changes must have satisfied: one that did not apply to a change is not satisfied.',
      ),
  })
  .superRefine(({ reviewed, requirements }, context) => {
    if (reviewed !== false || requirements === undefined) return;
    const params = { hint: 'leave `reviewed` out' };
    context.addIssue({ code: 'custom', path: ['requirements'], message: 'are not asked for with `reviewed: false`', params });
  })
  .transform(
    ({ pushers: named = null, reviewed = null, requirements = [], ...rule }): ChangeRule => ({
      ...rule,
      pushers: named,
      reviewed,
      requirements,
    }),
  );

const expression = z.string().describe('A CEL expression: see [Expressions](#expressions).');

const validations = z
  .array(
    z.strictObject({
      expression,
      message: z.string().min(1).max(limits.cel.saidChars).describe('What the denial says when the expression is not true.'),
    }),
  )
  .max(limits.cel.rules)
  .default([]);

const variable = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-zA-Z0-9]{0,62}$/, 'a name begins with a lower-case letter, and letters and digits follow')
    .describe('Names it for later expressions: `variables.name`.'),
  expression,
});

const subjectRule = z
  .strictObject({
    issuer: name.describe('Name of the issuer in the Config. Never a pattern.'),
    match: claimMatchers
      .exactOptional()
      .describe(
        'Claims of the token with the values that they must have, exactly: text, a number, true or false, or a list of which one must fit. ' +
          'A claim that is a list must have such an entry. A mapping reaches claims within claims. At least one of them must say who it is, ' +
          'where neither `people` nor `groups` does.',
      ),
    ...peopleKeys,
    validations: validations.describe('What else must be true, for this subject.'),
  })
  .transform(({ match = [], people, groups, ...rule }, context) => {
    const persons = matcherOf({ people, groups });
    if (persons === null && !identifies(match))
      context.addIssue({
        code: 'custom',
        path: ['match'],
        message: 'nothing in it says who',
        params: { hint: 'match `sub`, or another claim that only they have; or name `people` or `groups`' },
      });
    for (const group of sourceGroupsAmong(groups)) {
      const message = `nobody who is known by a token is in ${group}`;
      context.addIssue({ code: 'custom', path: ['groups'], message, params: { hint: sourceGroupHint } });
    }
    return { ...rule, match, persons };
  });

const laterEnforcement: readonly unknown[] = ['pinned', 'locked', 'signed'];

const spec = z.strictObject({
  mode: z
    .enum(['enforce', 'audit'])
    .default('enforce')
    .describe('`audit` allows everything and records what `enforce` would have decided. On one target the strictest mode wins.'),
  enforcement: z
    .literal('advisory', {
      error: ({ input }) =>
        laterEnforcement.includes(input) ? `\`${String(input)}\` comes with a later version; this one knows \`advisory\`` : undefined,
    })
    .default('advisory')
    .describe('How firmly decisions are held. `advisory`: Headgate triggers only what is allowed, but Flux still polls: it is not a gate.'),
  targets: z.array(targetSelector).min(1).describe('What the policy is about: every namespace that any of these selects.'),
  changes: z.array(changeRule).min(1).describe('What may come there: a change that fits any of these.'),
  subjects: z
    .array(subjectRule)
    .min(1)
    .max(limits.cel.rules)
    .exactOptional()
    .describe('Who must stand behind the change: a verified subject that fits any of these. A push has none, so it is denied.'),
  reviews: reviewRules
    .exactOptional()
    .describe(
      'Reviews that every commit since the last allowed revision must have: each of these. See [how reviews are counted](../explanation/reviews.md).',
    ),
  checks: checkRules
    .exactOptional()
    .describe(
      'Names of checks, or patterns: each must fit a check of the revision, and every one that it fits must have ended with `success`.',
    ),
  signed: signedRule
    .exactOptional()
    .describe('What must be signed, and by whom. Headgate verifies signatures itself, against keys that people list.'),
  variables: z.array(variable).max(limits.cel.rules).default([]).describe('Expressions with a name, for those that follow.'),
  validations: validations.describe('What must be true as well, whoever stands behind the change.'),
});

/** The schema of a GatePolicy document. */
export const gatePolicySchema = documentSchema('GatePolicy', spec.describe('What the policy says.'), {
  metadata: z.strictObject({ name: name.describe('Names the policy in decisions; unique.') }).describe('About the document.'),
});

/** A GatePolicy document as parsed. */
export type GatePolicyDocument = z.output<typeof gatePolicySchema>;
