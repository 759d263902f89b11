import { z } from 'zod';
import { fullCommitId } from '#core/commit-id.ts';
import { limits } from '#core/limits.ts';
import type { PullFacts, RangeCommit, RangeFacts, RangeLack, ReviewFacts } from '#core/ports/read-back.ts';
import { unasked, type Ranged } from '#core/range-evidence.ts';
import type { Signing } from '#core/signature.ts';
import { accountOfCase, caseAccount, caseReview, reviewOfCase } from '#policy/policy-case-review.ts';

const text = z.string().min(1).max(limits.glob.subjectChars);
const commitId = z.string().regex(fullCommitId, 'must be a full commit id');
const list = <T extends z.ZodType>(item: T) => z.array(item).max(limits.cel.items);

const commit = z.strictObject({
  id: commitId.exactOptional().describe('Its id; of the newest one the revision of the change.'),
  title: text.default('A change').describe('First line of its message.'),
  hands: list(caseAccount).default([]).describe('Whoever had a hand in it; null for one whom the source cannot name.'),
  broughtBy: z.int().min(1).nullable().default(null).describe('Number of the merged pull request or change that brought it.'),
  signedBy: text
    .exactOptional()
    .describe('Fingerprint of the key that signed it: `ssh:SHA256:…` or `openpgp:…`. Absent: it is not signed.'),
});

const review = z.strictObject({
  by: caseAccount.describe('Who gave it.'),
  state: z.enum(['APPROVED', 'CHANGES_REQUESTED', 'COMMENTED', 'DISMISSED']).default('APPROVED').describe('What it says.'),
  commit: commitId.exactOptional().describe('What was reviewed; absent: what was merged.'),
  at: z.iso.datetime().default('2025-12-31T00:00:00Z').describe('When.'),
  canWrite: z.boolean().nullable().default(true).describe('Whether whoever gave it may write to the repository; null: not known.'),
});

const pull = z.strictObject({
  number: z.int().min(1).describe('Its number.'),
  author: caseAccount.default(null).describe('Who opened it.'),
  mergedBy: caseAccount.default(null).describe('Who merged it.'),
  base: text.exactOptional().describe('Full ref that it was merged into; absent: that of the change.'),
  head: commitId.exactOptional().describe('What was merged; absent: the revision of the change.'),
  reviews: list(review).default([]).describe('Its reviews, oldest first.'),
  review: caseReview
    .exactOptional()
    .describe('Votes and submit requirements, where the source has them: then it is a change, as in Gerrit.'),
});

const lacks: readonly RangeLack[] = ['commits', 'files', 'pulls', 'reviews', 'checks', 'coverage', 'signatures', 'owners'];

/** What a case supposes to have come since the last allowed revision. */
export const caseRange = z.strictObject({
  base: commitId.default('0'.repeat(40)).describe('The last allowed revision.'),
  course: z.enum(['ahead', 'back', 'diverged', 'same']).default('ahead').describe('How the revision follows the base.'),
  commits: list(commit).default([]).describe('Every commit since then, newest first.'),
  pulls: list(pull).default([]).describe('Pull requests or changes that brought them.'),
  checks: list(
    z.strictObject({ name: text.describe('Its name.'), conclusion: text.nullable().describe('How it ended; null while it runs.') }),
  )
    .default([])
    .describe('Checks of the revision.'),
  tagSignedBy: text.exactOptional().describe('Fingerprint of the key that signed the tag.'),
  files: list(text).default([]).describe('Paths that differ.'),
  owners: z.string().nullable().default(null).describe('Text of CODEOWNERS at the base.'),
  lacked: list(z.enum(lacks as [RangeLack, ...RangeLack[]]))
    .default([])
    .describe('What the source could not tell.'),
});

type Given = z.output<typeof caseRange>;

/** The evidence that a case gives; none where it gives none. */
export function rangeOfCase(
  given: Given | undefined,
  { ref, revision }: { readonly ref: string; readonly revision: string | null },
): Ranged {
  if (given === undefined || revision === null) return unasked;
  const { base, course, checks, files, lacked, tagSignedBy } = given;
  const commits = given.commits.map((each, index) => commitOf(each, index === 0 ? revision : String(index % 10).repeat(revision.length)));
  const owners = given.owners === null ? null : { path: 'CODEOWNERS', text: given.owners };
  const facts: RangeFacts = {
    ...{ base, head: revision, commits, commitCount: commits.length, course, files, checks, owners, lacked },
    pulls: given.pulls.map((each) => pullOf(each, ref, revision)),
    question: { ref, reviews: true, signatures: true, owners: true },
  };
  const signings = new Map(commits.map(({ id }, index) => [id, signingOf(given.commits[index]?.signedBy)]));
  return { facts, signings, tag: signingOf(tagSignedBy) };
}

function signingOf(signedBy: string | undefined): Signing {
  return signedBy === undefined ? { unsigned: 'it carries no signature' } : { signedBy };
}

function commitOf({ id, title, hands, broughtBy }: Given['commits'][number], otherwise: string): RangeCommit {
  return { id: id ?? otherwise, title, account: null, hands: hands.map(accountOfCase), broughtBy, signed: null };
}

function pullOf(given: Given['pulls'][number], ref: string, revision: string): PullFacts {
  const { number, author, mergedBy, base, head, reviews } = given;
  const merged = head ?? revision;
  const told = reviews.map((one): ReviewFacts => {
    const { by, state, commit: reviewed, at, canWrite } = one;
    return { by: accountOfCase(by), state, commit: reviewed ?? merged, at: Date.parse(at), canWrite };
  });
  const accounts = { author: accountOfCase(author), mergedBy: accountOfCase(mergedBy) };
  const votes = given.review ? { review: reviewOfCase(given.review, { number, ...accounts }) } : {};
  return { number, title: `Pull request ${number}`, ...accounts, base: base ?? ref, head: merged, reviews: told, ...votes };
}
