import { z } from 'zod';
import type { Glob } from '#core/glob.ts';
import { limits } from '#core/limits.ts';
import { globText } from '#policy/patterns.ts';

/** Roles that a reviewer may have to be distinct from. */
export const distinctRoles = ['author', 'pusher', 'submitter', 'requester'] as const;
export type DistinctRole = (typeof distinctRoles)[number];

/** How many reviews every commit of a range needs, and whose. */
export interface ReviewRule {
  readonly required: number;
  /** Whose count; null = everybody's. */
  readonly from: Reviewers | null;
  /** `author` is always among them. */
  readonly distinctFrom: readonly DistinctRole[];
}

/** Whoever is in one of the groups or is one of the people. */
export interface Reviewers {
  readonly groups: readonly string[];
  /** Names of persons. */
  readonly people: readonly string[];
}

/** What must be signed by a key that one of these lists as theirs. */
export interface SignedRule {
  readonly commits: 'all' | 'none';
  readonly tags: 'all' | 'none';
  readonly by: Reviewers;
}

/** The rules of a policy that hold for everything between the last revision that was allowed and the one asked for. */
export interface RangeRules {
  readonly reviews: readonly ReviewRule[];
  /** Checks that must have passed at the head. */
  readonly checks: readonly Glob[];
  readonly signed: SignedRule | null;
}

const names = z.array(z.string().min(1).max(limits.policy.nameChars)).min(1).max(limits.policy.names);

const persons = z
  .strictObject({
    groups: names.exactOptional().describe('Groups: of documents by name, teams of a source as `hub:org/team`.'),
    people: names.exactOptional().describe('Names of persons.'),
  })
  .superRefine((value, context) => {
    if (value.groups !== undefined || value.people !== undefined) return;
    context.addIssue({ code: 'custom', message: 'names nobody', params: { hint: 'give `groups`, `people` or both' } });
  })
  .transform(({ groups = [], people = [] }): Reviewers => ({ groups, people }));

const review = z.strictObject({
  required: z.int().min(1).max(limits.policy.required).default(1).describe('How many people.'),
  from: persons.exactOptional().describe('Whose reviews count: of anybody in one of the groups, or of these people. Absent: of everybody.'),
  distinctFrom: z
    .array(z.enum(distinctRoles))
    .max(distinctRoles.length)
    .default(['author', 'pusher'])
    .transform((roles): readonly DistinctRole[] => distinctRoles.filter((role) => role === 'author' || roles.includes(role)))
    .describe(
      'Who a reviewer must not be: `author` (whoever had a hand in the commits or opened the pull request; always meant, also where it is left out), ' +
        '`pusher` (who pushed to the branch: for a merge on the forge, who merged), `submitter` (who merged the pull request), `requester` (who asked Headgate).',
    ),
});

export const reviewRules = z
  .array(review.transform(({ from = null, ...rest }): ReviewRule => ({ ...rest, from })))
  .min(1)
  .max(limits.policy.rules);

export const checkRules = z.array(globText).min(1).max(limits.policy.rules);

export const signedRule = z
  .strictObject({
    commits: z.enum(['all', 'none']).default('all').describe('Whether every commit since the last allowed revision must be signed.'),
    tags: z.enum(['all', 'none']).default('all').describe('Whether a tag must be an annotated one that is signed.'),
    by: persons.describe('Whose keys count.'),
  })
  .superRefine(({ commits, tags }, context) => {
    if (commits === 'all' || tags === 'all') return;
    context.addIssue({ code: 'custom', message: 'asks for nothing', params: { hint: 'set `commits` or `tags` to `all`' } });
  });
