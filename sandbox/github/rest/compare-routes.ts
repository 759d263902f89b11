import { limits } from '#core/limits.ts';
import { notFound, ok, RestError, type Answer } from '#sandbox/github/rest/answer.ts';
import { param, type RepositoryCall, type Route } from '#sandbox/github/rest/call.ts';
import { commitAnswer, fileAnswer } from '#sandbox/github/rest/commit-answer.ts';
import type { CommitFacts } from '#sandbox/github/rest/commit-facts.ts';
import { SHA, type Difference } from '#sandbox/github/rest/git-facts.ts';
import { linkHeader, pageOf, slice } from '#sandbox/github/rest/page.ts';

/** `GET …/compare/{base}...{head}` (docs.github.com "Compare two commits"). */
export const compareRoutes: readonly Route<RepositoryCall>[] = [
  { method: 'GET', pattern: /^\/compare\/(.+?)\.\.\.(.+)$/, answer: compare },
];

interface Range extends Difference {
  readonly base: string;
  readonly head: string;
  readonly mergeBase: string;
}

async function compare(call: RepositoryCall): Promise<Answer> {
  const range = await rangeOf(call);
  const { git } = call.repository;
  const { shown, first, headers } = cut(call.url, range.ahead);
  const [commits, files] = await Promise.all([
    git.commits([...new Set([range.base, range.mergeBase, ...shown])]),
    first ? git.files(range.mergeBase, range.head) : undefined,
  ]);
  const byId = new Map(commits.map((commit) => [commit.sha, commit]));
  const listed = files?.slice(0, limits.sandbox.rest.comparedFiles).map((file) => fileAnswer(call.repository, range.head, file));
  return ok({ ...comparison(call, range, shown, byId), ...(listed === undefined ? {} : { files: listed }) }, headers);
}

/** Ids are taken as they are: whether they exist is seen by what git answers, which saves a process on the way. */
async function rangeOf(call: RepositoryCall): Promise<Range> {
  const { git } = call.repository;
  const named = (name: string): string | Promise<string | undefined> => (SHA.test(name) ? name : git.commitOf(name));
  const [base, head] = await Promise.all([named(param(call, 0)), named(param(call, 1))]);
  if (base === undefined || head === undefined) throw notFound();
  const chain = await git.chain(base, head);
  if (chain !== undefined) return { base, head, mergeBase: base, ahead: chain, behind: [] };
  const [mergeBase, difference] = await Promise.all([
    git.mergeBase(base, head),
    git.symmetricDifference(base, head).catch(() => undefined),
  ]);
  if (difference === undefined) throw notFound();
  if (mergeBase === undefined) throw new RestError(404, `No common ancestor between ${param(call, 0)} and ${param(call, 1)}.`);
  return { base, head, mergeBase, ...difference };
}

interface Cut {
  readonly shown: readonly string[];
  /** The files are on the first page only. */
  readonly first: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** Without any paging parameter: the latest 250, the newest last. With one: pages, oldest first. */
function cut(url: URL, ids: readonly string[]): Cut {
  if (!url.searchParams.has('page') && !url.searchParams.has('per_page')) {
    return { shown: ids.slice(-limits.sandbox.rest.comparedCommits), first: true, headers: {} };
  }
  const page = pageOf(url.searchParams);
  return { shown: slice(ids, page), first: page.number === 1, headers: linkHeader(url, page, ids.length) };
}

function comparison(
  call: RepositoryCall,
  { base, head, mergeBase, ahead, behind }: Range,
  shown: readonly string[],
  byId: ReadonlyMap<string, CommitFacts>,
): object {
  const { repository } = call;
  const page = `${repository.page}/compare/${param(call, 0)}...${param(call, 1)}`;
  const commit = (sha: string): object[] => {
    const facts = byId.get(sha);
    return facts === undefined ? [] : [commitAnswer(call, facts)];
  };
  return {
    url: `${repository.api}/compare/${param(call, 0)}...${param(call, 1)}`,
    html_url: page,
    permalink_url: `${repository.page}/compare/${base.slice(0, 7)}...${head.slice(0, 7)}`,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    base_commit: commit(base)[0],
    merge_base_commit: commit(mergeBase)[0],
    status: statusOf(ahead.length, behind.length),
    ahead_by: ahead.length,
    behind_by: behind.length,
    total_commits: ahead.length,
    commits: shown.flatMap(commit),
  };
}

function statusOf(ahead: number, behind: number): 'ahead' | 'behind' | 'identical' | 'diverged' {
  if (ahead > 0) return behind > 0 ? 'diverged' : 'ahead';
  return behind > 0 ? 'behind' : 'identical';
}
