import { limits } from '#core/limits.ts';
import { notFound, ok, RestError, type Answer } from '#sandbox/github/rest/answer.ts';
import { param, type RepositoryCall, type Route } from '#sandbox/github/rest/call.ts';
import { commitAnswer, fileAnswer } from '#sandbox/github/rest/commit-answer.ts';
import type { CommitFacts } from '#sandbox/github/rest/commit-facts.ts';
import type { Distance } from '#sandbox/github/rest/git-facts.ts';
import { linkHeader, pageOf, slice } from '#sandbox/github/rest/page.ts';

/** `GET …/compare/{base}...{head}` (docs.github.com "Compare two commits"). */
export const compareRoutes: readonly Route<RepositoryCall>[] = [
  { method: 'GET', pattern: /^\/compare\/(.+?)\.\.\.(.+)$/, answer: compare },
];

interface Range {
  readonly base: string;
  readonly head: string;
  readonly mergeBase: string;
}

async function compare(call: RepositoryCall): Promise<Answer> {
  const range = await rangeOf(call);
  const { git } = call.repository;
  const [distance, ids] = await Promise.all([git.distance(range.base, range.head), git.between(range.base, range.head)]);
  const { shown, first, headers } = cut(call.url, ids);
  const [commits, files] = await Promise.all([
    git.commits([...new Set([range.base, range.mergeBase, ...shown])]),
    first ? git.files(range.mergeBase, range.head) : undefined,
  ]);
  const byId = new Map(commits.map((commit) => [commit.sha, commit]));
  const listed = files?.slice(0, limits.sandbox.rest.comparedFiles).map((file) => fileAnswer(call.repository, range.head, file));
  return ok({ ...comparison(call, range, distance, shown, byId), ...(listed === undefined ? {} : { files: listed }) }, headers);
}

async function rangeOf(call: RepositoryCall): Promise<Range> {
  const { git } = call.repository;
  const [base, head] = await Promise.all([git.commitOf(param(call, 0)), git.commitOf(param(call, 1))]);
  if (base === undefined || head === undefined) throw notFound();
  const mergeBase = await git.mergeBase(base, head);
  if (mergeBase === undefined) throw new RestError(404, `No common ancestor between ${param(call, 0)} and ${param(call, 1)}.`);
  return { base, head, mergeBase };
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
  { base, head, mergeBase }: Range,
  distance: Distance,
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
    status: statusOf(distance),
    ahead_by: distance.ahead,
    behind_by: distance.behind,
    total_commits: distance.ahead,
    commits: shown.flatMap(commit),
  };
}

function statusOf({ ahead, behind }: Distance): 'ahead' | 'behind' | 'identical' | 'diverged' {
  if (ahead > 0) return behind > 0 ? 'diverged' : 'ahead';
  return behind > 0 ? 'behind' : 'identical';
}
