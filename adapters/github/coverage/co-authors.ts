import { z } from 'zod';
import { limits } from '#core/limits.ts';
import type { Account } from '#core/account.ts';
import type { Commit } from '../api-answers.ts';
import type { ApiCall } from '../api-call.ts';

/** GitHub's word for who is behind the addresses of a commit's trailers: its REST API has none. */
const QUERY = `query ($ids: [ID!]!) {
  nodes(ids: $ids) { ... on Commit { oid authors(first: 100) { nodes { email user { databaseId login } } } } }
}`;

const actor = z.object({ email: z.string().nullable(), user: z.object({ databaseId: z.int(), login: z.string() }).nullable() });
const Answer = z.object({
  data: z.object({
    nodes: z.array(z.object({ oid: z.string(), authors: z.object({ nodes: z.array(actor) }) }).nullable()),
  }),
});

/**
 * Addresses that `Co-authored-by` lines name, in lower case; null for a line without one. GitHub reads trailers, which stand at the end:
 * a line anywhere else counts too here, because it can only take somebody away from the reviewers.
 */
function coAuthorsIn(message: string): readonly (string | null)[] {
  return [...message.matchAll(/^\s*co-authored-by\s*:(.*)$/gim)].map(([, who = '']) => /<([^<>]+)>/.exec(who)?.[1]?.toLowerCase() ?? null);
}

/** Who wrote commits together with their authors, by commit id; null for one whom GitHub does not know. */
export interface CoAuthors {
  readonly of: (commit: Commit) => readonly (Account | null)[];
  /** Whether GitHub was asked about all of them. */
  readonly complete: boolean;
}

/** Asks for those commits alone that name any, a hundred in one request. */
export async function readCoAuthors(call: ApiCall, commits: readonly Commit[]): Promise<CoAuthors> {
  const naming = [...new Map(commits.filter(isNaming).map((commit) => [commit.sha, commit])).values()];
  const asked = naming.slice(0, limits.github.coAuthored);
  const pages = Array.from({ length: Math.ceil(asked.length / limits.github.page) }, (_, index) =>
    asked.slice(index * limits.github.page, (index + 1) * limits.github.page),
  );
  const answers = await Promise.all(pages.map((page) => call.graphql(Answer, QUERY, { ids: page.map(({ node_id: id }) => id) })));
  const known = new Map(
    answers.flatMap((answer) => answer?.data.nodes ?? []).flatMap((node) => (node ? [[node.oid, node.authors] as const] : [])),
  );
  return {
    of: (commit) => coAuthorsIn(commit.commit.message).map((email) => accountAt(email, known.get(commit.sha)?.nodes ?? [])),
    complete: asked.length === naming.length && answers.every((answer) => answer !== undefined),
  };
}

function isNaming({ commit }: Commit): boolean {
  return coAuthorsIn(commit.message).length > 0;
}

function accountAt(email: string | null, actors: readonly z.infer<typeof actor>[]): Account | null {
  const user = actors.find((each) => email !== null && each.email?.toLowerCase() === email)?.user;
  return user ? { account: String(user.databaseId), name: user.login, kind: 'human' } : null;
}
