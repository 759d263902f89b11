import { z } from 'zod';
import type { Account } from '#core/account.ts';
import { limits } from '#core/limits.ts';
import type { ChangeReview, SubmitRequirement, Vote } from '#core/review.ts';

const text = z.string().min(1).max(limits.glob.subjectChars);
const list = <T extends z.ZodType>(item: T) => z.array(item).max(limits.cel.items).default([]);

/** An account as cases name it. */
export const caseAccount = z
  .strictObject({
    account: z.string().min(1).max(limits.glob.subjectChars).describe('Id of the account on the source.'),
    name: text.exactOptional().describe('What the source calls it.'),
    kind: z.enum(['human', 'bot', 'agent', 'unknown']).default('human').describe('What it is, by the source.'),
    groups: list(text).describe('Groups of the source that it was seen in, by UUID (Gerrit).'),
  })
  .nullable();

const statuses: readonly SubmitRequirement['status'][] = ['satisfied', 'not-applicable', 'overridden', 'forced', 'unsatisfied', 'error'];

const vote = z.strictObject({
  by: caseAccount.describe('Whose it is.'),
  label: text.default('Code-Review').describe('The label.'),
  value: z.int().default(2).describe('The vote.'),
  at: z.iso.datetime().nullable().default('2025-12-31T00:00:00Z').describe('When; null: not known.'),
  postSubmit: z.boolean().default(false).describe('Whether it was given after the submit.'),
  automatic: z.boolean().default(false).describe('Whether a program gave it.'),
  onBehalf: z.boolean().nullable().default(false).describe('Whether somebody else gave it in their name; null: not known.'),
  onSubmitted: z.boolean().default(true).describe('Whether it is about content that was submitted.'),
});

/** What a case supposes that a review system with votes has on record of a change. */
export const caseReview = z.strictObject({
  uploader: caseAccount.exactOptional().describe('Who uploaded what was submitted; absent: the author.'),
  submittedAt: z.iso.datetime().nullable().default('2025-12-31T12:00:00Z').describe('When it was submitted; null: not known.'),
  requirements: list(
    z.strictObject({
      name: text.describe('Its name.'),
      status: z
        .enum(statuses as [SubmitRequirement['status'], ...SubmitRequirement['status'][]])
        .default('satisfied')
        .describe('What became of it.'),
    }),
  ).describe('Its submit requirements. None, as when a push closed it.'),
  votes: list(vote).describe('Its votes.'),
  topic: text.nullable().default(null).describe('Its topic.'),
  rules: text.nullable().default(null).describe('What `refs/meta/config` of the project led to; null: it may not be read.'),
});

/** @param of the change: who owns it, and who submitted it */
export function reviewOfCase(
  given: z.output<typeof caseReview>,
  of: { readonly number: number; readonly author: Account | null; readonly mergedBy: Account | null },
): ChangeReview {
  const { uploader, submittedAt, requirements, topic, rules } = given;
  return {
    id: String(of.number),
    url: null,
    owner: of.author,
    uploader: uploader === undefined ? of.author : accountOfCase(uploader),
    submitter: of.mergedBy,
    submittedAt: submittedAt === null ? null : Date.parse(submittedAt),
    submission: null,
    topic,
    requirements,
    votes: given.votes.map(voteOf),
    reverts: null,
    rules,
  };
}

export function accountOfCase(given: z.output<typeof caseAccount>): Account | null {
  return given && { account: given.account, name: given.name ?? given.account, kind: given.kind, groups: given.groups };
}

/** Of a label with the values of Code-Review, or with wider ones where the vote is. */
function voteOf({ by, at, ...rest }: z.output<typeof vote>): Vote {
  const range = { min: Math.min(-2, rest.value), max: Math.max(2, rest.value) };
  return { ...rest, range, by: accountOfCase(by), at: at === null ? null : Date.parse(at) };
}
