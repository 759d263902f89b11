import { z } from 'zod';
import { limits } from '#core/limits.ts';
import type { ReviewFacts } from '#core/ports/read-back.ts';
import { Permission } from '../api-answers.ts';
import type { ApiCall } from '../api-call.ts';
import type { ReadPull } from '../read-pulls.ts';

/** Base roles that may push (docs.github.com "Get repository permissions for a user": `maintain` is told as `write`). */
const writing: readonly string[] = ['admin', 'maintain', 'write'];

/** Whether accounts may write to the repository, now. */
export interface Writers {
  readonly may: (review: ReviewFacts) => boolean | null;
  /** Whether GitHub answered for everybody who was asked for. */
  readonly complete: boolean;
}

/** Account id → whether it may write; null when GitHub does not say. */
type Rights = ReadonlyMap<string, boolean | null>;

interface Reviewer {
  readonly account: string;
  readonly name: string;
  /** GraphQL's id of one of their reviews. */
  readonly node: string;
}

/** Asks once for each human who approved, or asked for changes: nobody else's right makes a difference. */
export async function readWriters(call: ApiCall, pulls: readonly ReadPull[]): Promise<Writers> {
  const reviewers = [...new Map(pulls.flatMap(decidingHumans).map((reviewer) => [reviewer.account, reviewer])).values()];
  const asked = reviewers.slice(0, limits.github.reviewers);
  const rights = await rightsOf(call, asked);
  return {
    may: ({ by }) => (by === null ? null : (rights.get(by.account) ?? null)),
    complete: asked.length === reviewers.length && ![...rights.values()].includes(null),
  };
}

function decidingHumans({ facts, reviewNodes }: ReadPull): readonly Reviewer[] {
  return facts.reviews.flatMap(({ by, state }, index) => {
    const decides = state === 'APPROVED' || state === 'CHANGES_REQUESTED';
    return decides && by?.kind === 'human' ? [{ account: by.account, name: by.name, node: reviewNodes[index] ?? '' }] : [];
  });
}

/** Tokens of people who may not push themselves are refused that question; what GraphQL says with a review is told to them, too. */
async function rightsOf(call: ApiCall, reviewers: readonly Reviewer[]): Promise<Rights> {
  const told = await Promise.all(reviewers.map(async (one) => [one, await mayWrite(call, one)] as const));
  const refused = told.flatMap(([one, may]) => (may === 'refused' ? [one] : []));
  const otherwise = refused.length === 0 ? new Map<string, boolean>() : await readPushers(call, refused);
  return new Map(told.map(([{ account }, may]) => [account, may === 'refused' ? (otherwise.get(account) ?? null) : may]));
}

/** A login can pass to another account: the answer has to be about this one. */
async function mayWrite(call: ApiCall, { account, name }: Reviewer): Promise<boolean | null | 'refused'> {
  const found = await call.find(Permission, '/collaborators/{username}/permission', { username: name });
  if ('missing' in found) return found.missing.status === 403 ? 'refused' : null;
  return String(found.data.user?.id) === account ? writing.includes(found.data.permission) : null;
}

const QUERY = `query ($ids: [ID!]!) {
  nodes(ids: $ids) { ... on PullRequestReview { authorCanPushToRepository author { ... on User { databaseId } } } }
}`;

const Answer = z.object({
  data: z.object({
    nodes: z.array(
      z.object({ authorCanPushToRepository: z.boolean(), author: z.object({ databaseId: z.int().optional() }).nullable() }).nullable(),
    ),
  }),
});

/** docs.github.com "Pull requests", GraphQL: `PullRequestReview.authorCanPushToRepository`. */
async function readPushers(call: ApiCall, reviewers: readonly Reviewer[]): Promise<ReadonlyMap<string, boolean>> {
  const answer = await call.graphql(Answer, QUERY, { ids: reviewers.map(({ node }) => node) });
  return new Map(
    (answer?.data.nodes ?? []).flatMap((node) =>
      node?.author?.databaseId === undefined ? [] : [[String(node.author.databaseId), node.authorCanPushToRepository] as const],
    ),
  );
}
