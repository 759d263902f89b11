import { stableId } from '#sandbox/github/account.ts';
import { ok, RestError, type Answer } from '#sandbox/github/rest/answer.ts';
import type { Call, RepositoryView, Route } from '#sandbox/github/rest/call.ts';
import type { CommitFacts, Signature } from '#sandbox/github/rest/commit-facts.ts';
import { nodeId } from '#sandbox/github/rest/account-answer.ts';
import type { Ledger } from '#sandbox/github/rest/ledger.ts';
import type { Records } from '#sandbox/github/rest/records.ts';

export interface GraphqlFacts {
  readonly repositories: () => readonly RepositoryView[];
  readonly records: Records;
  readonly ledger: Ledger;
}

/**
 * GraphQL as far as it is asked here: `nodes(ids:)` of commits with their `authors`, or of reviews with `authorCanPushToRepository`
 * (docs.github.com "Commits" and "Pull requests", GraphQL).
 */
export function graphqlRoutes(facts: GraphqlFacts): readonly Route[] {
  return [{ method: 'POST', pattern: /^\/graphql$/, answer: (call) => graphql(call, facts) }];
}

async function graphql({ body }: Call, facts: GraphqlFacts): Promise<Answer> {
  const { query, variables } = questionOf(body);
  if (/\bauthorCanPushToRepository\b/.test(query)) return ok({ data: { nodes: variables.map((id) => reviewOf(id, facts)) } });
  if (!/\bnodes\(ids: *\$ids\)/.test(query) || !/\bauthors\(first: *\d+\)/.test(query))
    throw new RestError(400, 'Problems parsing GraphQL');
  const commits = await Promise.all(variables.map((id) => commitOf(id, facts.repositories())));
  return ok({ data: { nodes: commits.map((commit) => commit && answerOf(commit)) } });
}

function questionOf(body: unknown): { readonly query: string; readonly variables: readonly string[] } {
  const { query, variables } = body as { query: string; variables: { ids: readonly string[] } };
  return { query, variables: variables.ids };
}

function reviewOf(node: string, { repositories, records, ledger }: GraphqlFacts): object | null {
  const [, id] = /^PullRequestReview:(\d+)$/.exec(Buffer.from(node, 'base64').toString('utf8')) ?? [];
  const review = records.review(Number(id));
  const repository = repositories().find(({ name }) => name === review?.repository);
  if (review === undefined || repository === undefined) return null;
  const may = ['admin', 'write'].includes(ledger.permission(repository.id, review.user));
  const author = review.user.endsWith('[bot]') ? {} : { databaseId: stableId(review.user) };
  return { authorCanPushToRepository: may, author };
}

async function commitOf(node: string, repositories: readonly RepositoryView[]): Promise<CommitFacts | null> {
  const [, sha] = /^Commit:([0-9a-f]{40})$/.exec(Buffer.from(node, 'base64').toString('utf8')) ?? [];
  if (sha === undefined) return null;
  for (const { git } of repositories) {
    const [commit] = await git.commits([sha]).catch(() => []);
    if (commit !== undefined) return commit;
  }
  return null;
}

/** The author of the commit, then whoever its trailers name (docs.github.com "Creating a commit with multiple authors"). */
function answerOf({ sha, author, message }: CommitFacts): object {
  const trailers = [...message.matchAll(/^co-authored-by: *(.*?) *<([^>]*)>/gim)].map(([, name = '', email = '']) => ({ name, email }));
  return {
    oid: sha,
    authors: { nodes: [author, ...trailers].map(actorOf), pageInfo: { hasNextPage: false } },
    id: nodeId('Commit', sha),
  };
}

function actorOf({ name, email }: Pick<Signature, 'name' | 'email'>): object {
  const [, id, login = ''] = /^(\d+)\+([\w-]+)@users\.noreply\.github\.com$/.exec(email) ?? [];
  return { name, email, user: Number(id) === stableId(login) ? { databaseId: stableId(login), login } : null };
}
