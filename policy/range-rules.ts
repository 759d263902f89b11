import { z } from 'zod';
import type { Glob } from '#core/glob.ts';
import { limits } from '#core/limits.ts';
import type { PeopleMatcher } from '#policy/people/matcher.ts';
import { sourceGroupHint, sourceGroupsAmong } from '#policy/people/source-groups.ts';
import { globText } from '#policy/patterns.ts';

/** Roles that a reviewer may have to be distinct from. */
export const distinctRoles = ['author', 'uploader', 'pusher', 'submitter', 'requester'] as const;
export type DistinctRole = (typeof distinctRoles)[number];

/** How many reviews every commit of a range needs, and whose. */
export interface ReviewRule {
  readonly required: number;
  /** Whose count; null = everybody's. */
  readonly from: ReviewersOrOwners | null;
  /** `author` is always among them. */
  readonly distinctFrom: readonly DistinctRole[];
  /** Of changes with votes: the label that counts as a review, and the least vote. */
  readonly label: string;
  readonly value: number;
}

/** These, or with `owners` whoever owns each file that differs. */
export interface ReviewersOrOwners extends PeopleMatcher {
  readonly owners: boolean;
}

/** What must be signed by a key that one of these lists as theirs. */
export interface SignedRule {
  readonly commits: 'all' | 'none';
  readonly tags: 'all' | 'none';
  readonly by: PeopleMatcher;
}

/** The rules of a policy that hold for everything between the last revision that was allowed and the one asked for. */
export interface RangeRules {
  readonly reviews: readonly ReviewRule[];
  /** Checks that must have passed at the head. */
  readonly checks: readonly Glob[];
  readonly signed: SignedRule | null;
  /** Whether an expression looks at signatures. */
  readonly readsSignatures: boolean;
  /** Whether an expression looks at votes and submit requirements. */
  readonly readsReview: boolean;
}

const names = z.array(z.string().min(1).max(limits.policy.nameChars)).min(1).max(limits.policy.names);

const named = {
  groups: names
    .exactOptional()
    .describe('Groups: of documents by name, teams that they name as `hub:org/team`, groups of Gerrit as `review:UUID`.'),
  people: names.exactOptional().describe('Names of persons.'),
};

const persons = z
  .strictObject(named)
  .superRefine((value, context) => {
    if (value.groups !== undefined || value.people !== undefined) return;
    context.addIssue({ code: 'custom', message: 'names nobody', params: { hint: 'give `groups`, `people` or both' } });
  })
  .transform(({ groups = [], people = [] }): PeopleMatcher => ({ groups, people }));

const reviewers = z
  .strictObject({
    ...named,
    owners: z
      .boolean()
      .default(false)
      .describe(
        'Whether owners by CODEOWNERS count: then each file that differs and has owners needs the review of one of them, or of one named here.',
      ),
  })
  .superRefine(({ groups, people, owners }, context) => {
    if (groups !== undefined || people !== undefined || owners) return;
    context.addIssue({ code: 'custom', message: 'names nobody', params: { hint: 'give `groups`, `people` or `owners: true`' } });
  })
  .transform(({ groups = [], people = [], owners }): ReviewersOrOwners => ({ groups, people, owners }));

const reviewFields = z.strictObject({
  required: z.int().min(1).max(limits.policy.required).default(1).describe('How many people.'),
  from: reviewers
    .exactOptional()
    .describe('Whose reviews count: of anybody in one of the groups, of these people, of owners. Absent: of everybody.'),
  distinctFrom: z
    .array(z.enum(distinctRoles))
    .max(distinctRoles.length)
    .default(['author', 'pusher'])
    .transform((roles): readonly DistinctRole[] => distinctRoles.filter((role) => role === 'author' || roles.includes(role)))
    .describe(
      'Who a reviewer must not be: `author` (whoever had a hand in the commits or opened the pull request; always meant, also where it is left out), ' +
        '`uploader` (of Gerrit: who uploaded the patch set that was submitted), ' +
        '`pusher` (who pushed to the branch: for a merge on the forge, who merged; of Gerrit: uploader and submitter), ' +
        '`submitter` (who merged the pull request, or submitted the change), `requester` (who asked Headgate).',
    ),
  label: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of a label')
    .default('Code-Review')
    .describe('Where changes have votes (Gerrit): the label whose votes are reviews. Of no meaning elsewhere.'),
  value: z
    .int()
    .min(1)
    .max(limits.policy.vote)
    .default(2)
    .describe('Where changes have votes: the least vote that counts. The lowest value of the label stands against the change.'),
});

const review = reviewFields
  .superRefine(({ required, from }, context) => {
    if (from?.owners !== true || required === 1) return;
    const params = { hint: 'put the others into an entry of their own' };
    context.addIssue({ code: 'custom', path: ['required'], message: 'owners are asked for one review', params });
  })
  .transform(({ from = null, ...rest }): ReviewRule => ({ ...rest, from }));

export const reviewRules = z.array(review).min(1).max(limits.policy.rules);

export const checkRules = z.array(globText).min(1).max(limits.policy.rules);

export const signedRule = z
  .strictObject({
    commits: z.enum(['all', 'none']).default('all').describe('Whether every commit since the last allowed revision must be signed.'),
    tags: z
      .enum(['all', 'none'])
      .default('all')
      .describe('Whether a tag must be an annotated one that is signed. Tags of Mercurial must be signed in any case.'),
    by: persons.describe('Whose keys count.'),
  })
  .superRefine(({ by }, context) => {
    for (const group of sourceGroupsAmong(by.groups)) {
      const message = `nobody who is known by a key is in ${group}`;
      context.addIssue({ code: 'custom', path: ['by', 'groups'], message, params: { hint: sourceGroupHint } });
    }
  })
  .superRefine(({ commits, tags }, context) => {
    if (commits === 'all' || tags === 'all') return;
    context.addIssue({ code: 'custom', message: 'asks for nothing', params: { hint: 'set `commits` or `tags` to `all`' } });
  });
