import { limits } from '#core/limits.ts';
import { noCommit, notFound, ok, type Answer } from '#sandbox/github/rest/answer.ts';
import { param, type RepositoryCall, type Route } from '#sandbox/github/rest/call.ts';
import { commitAnswer, fileAnswer } from '#sandbox/github/rest/commit-answer.ts';
import type { CommitFacts } from '#sandbox/github/rest/commit-facts.ts';
import { linkHeader, paged, pageOf, slice } from '#sandbox/github/rest/page.ts';
import { pullAnswer, reviewAnswer, wholePullAnswer } from '#sandbox/github/rest/pull-answer.ts';
import type { Pull, Records } from '#sandbox/github/rest/records.ts';

/** Commits, and the pull requests that they came by. */
export function commitRoutes(records: Records): readonly Route<RepositoryCall>[] {
  const whole = (call: RepositoryCall): Pull => {
    const pull = records.pull(call.repository.name, Number(param(call)));
    if (pull === undefined) throw notFound();
    return pull;
  };
  return [
    { method: 'GET', pattern: /^\/commits\/([^/]+)\/pulls$/, answer: (call) => pullsOf(call, records) },
    { method: 'GET', pattern: /^\/pulls$/, answer: (call) => listed(call, records) },
    { method: 'GET', pattern: /^\/pulls\/(\d+)$/, answer: (call) => ok(wholePullAnswer(call, whole(call))) },
    { method: 'GET', pattern: /^\/pulls\/(\d+)\/commits$/, answer: (call) => commitsOf(call, whole(call)) },
    { method: 'GET', pattern: /^\/pulls\/(\d+)\/files$/, answer: (call) => filesOf(call, whole(call)) },
    {
      method: 'GET',
      pattern: /^\/pulls\/(\d+)\/reviews$/,
      answer: (call) =>
        paged(call.url, records.reviews(call.repository.name, whole(call).number), (reviews) =>
          reviews.map((review) => reviewAnswer(call, review)),
        ),
    },
  ];
}

/** Behind all others that begin with `/commits/`: a branch's name may hold anything. */
export const oneCommitRoute: Route<RepositoryCall> = { method: 'GET', pattern: /^\/commits\/(.+)$/, answer: oneCommit };

/** The commit that a request names. @throws RestError 422 when the repository has none of that name */
export async function namedCommit(call: RepositoryCall): Promise<string> {
  const sha = await call.repository.git.commitOf(param(call));
  if (sha === undefined) throw noCommit(param(call));
  return sha;
}

/** With its files against the first parent, 300 a page and 3,000 at most. */
async function oneCommit(call: RepositoryCall): Promise<Answer> {
  const { git } = call.repository;
  const [commit] = await git.commits([await namedCommit(call)]);
  if (commit === undefined) throw notFound();
  const before = commit.parents[0] ?? null;
  const [files, patches] = await Promise.all([git.files(before, commit.sha), git.patches(before, commit.sha)]);
  const listed = files.slice(0, limits.sandbox.rest.commitFiles);
  const page = pageOf(call.url.searchParams, limits.sandbox.rest.comparedFiles, limits.sandbox.rest.comparedFiles);
  const [additions, deletions] = [sum(files.map((file) => file.additions)), sum(files.map((file) => file.deletions))];
  const body = {
    ...commitAnswer(call, commit),
    stats: { additions, deletions, total: additions + deletions },
    files: slice(listed, page).map((file) => fileAnswer(call.repository, commit.sha, file, patches.get(file.path))),
  };
  return ok(body, linkHeader(call.url, page, listed.length));
}

/** `state` as GitHub takes it: open ones unless said otherwise. */
function listed(call: RepositoryCall, records: Records): Promise<Answer> | Answer {
  const wanted = call.url.searchParams.get('state') ?? 'open';
  const pulls = records.pulls(call.repository.name).filter(({ state }) => wanted === 'all' || state === wanted);
  return paged(call.url, pulls.toReversed(), (page) => page.map((pull) => pullAnswer(call, pull)));
}

async function pullsOf(call: RepositoryCall, records: Records): Promise<Answer> {
  const sha = await namedCommit(call);
  const holds = (pull: Pull): boolean => pull.commits.includes(sha) || (pull.merged?.made ?? [pull.merged?.sha]).includes(sha);
  return paged(call.url, records.pulls(call.repository.name).filter(holds), (pulls) => pulls.map((pull) => pullAnswer(call, pull)));
}

/** GitHub lists 250 commits of a pull request at most. */
async function commitsOf(call: RepositoryCall, pull: Pull): Promise<Answer> {
  const commits: readonly CommitFacts[] = await call.repository.git.commits(pull.commits.slice(0, limits.sandbox.rest.comparedCommits));
  return paged(call.url, commits, (some) => some.map((commit) => commitAnswer(call, commit)));
}

/** What the pull request changes since it left its base, 3,000 files at most. */
async function filesOf(call: RepositoryCall, pull: Pull): Promise<Answer> {
  const { git } = call.repository;
  const from = (await git.mergeBase(pull.base.sha, pull.head.sha)) ?? null;
  const [files, patches] = await Promise.all([git.files(from, pull.head.sha), git.patches(from, pull.head.sha)]);
  return paged(call.url, files.slice(0, limits.sandbox.rest.commitFiles), (some) =>
    some.map((file) => fileAnswer(call.repository, pull.head.sha, file, patches.get(file.path))),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
