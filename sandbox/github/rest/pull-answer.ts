import { timestamp } from '#sandbox/timestamp.ts';
import { accountAnswer, nodeId } from '#sandbox/github/rest/account-answer.ts';
import type { RepositoryCall } from '#sandbox/github/rest/call.ts';
import type { Pull, Review } from '#sandbox/github/rest/records.ts';
import { repositoryAnswer } from '#sandbox/github/rest/repository-answer.ts';
import { stableId } from '#sandbox/github/account.ts';

/** `pull-request-simple`. */
export function pullAnswer(call: RepositoryCall, pull: Pull): object {
  const { api, repository } = call;
  const url = `${repository.api}/pulls/${pull.number}`;
  const page = `${repository.page}/pull/${pull.number}`;
  const at = timestamp(pull.at);
  const ended = pull.merged === undefined ? null : timestamp(pull.merged.at);
  const id = stableId(`${repository.id}#${pull.number}`);
  return {
    id,
    node_id: nodeId('PullRequest', id),
    ...links(repository.api, url, pull),
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title ?? `Pull request ${pull.number}`,
    user: accountAnswer(api, pull.user),
    body: pull.body ?? null,
    labels: [],
    milestone: null,
    created_at: at,
    updated_at: ended ?? at,
    closed_at: ended ?? (pull.state === 'closed' ? at : null),
    merged_at: ended,
    merge_commit_sha: pull.merged?.sha ?? null,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    head: end(call, pull.head),
    base: end(call, pull.base, pull.into),
    author_association: 'MEMBER',
    auto_merge: null,
    draft: pull.draft ?? false,
  };
}

/** What one pull request has when it is asked for alone: `pull-request`. */
export function wholePullAnswer(call: RepositoryCall, pull: Pull): object {
  const by = pull.merged?.by;
  return {
    ...pullAnswer(call, pull),
    merged: by !== undefined,
    merged_by: by === undefined ? null : accountAnswer(call.api, by),
    mergeable: null,
    mergeable_state: 'unknown',
    comments: 0,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: pull.commits.length,
    additions: 0,
    deletions: 0,
    changed_files: 0,
  };
}

/** `pull-request-review`. */
export function reviewAnswer({ api, repository }: RepositoryCall, review: Review): object {
  const page = `${repository.page}/pull/${review.pull}#pullrequestreview-${review.id}`;
  const pull = `${repository.api}/pulls/${review.pull}`;
  return {
    id: review.id,
    node_id: nodeId('PullRequestReview', review.id),
    user: accountAnswer(api, review.user),
    body: review.body ?? '',
    state: review.state,
    html_url: page,
    pull_request_url: pull,
    author_association: review.association ?? 'MEMBER',
    _links: { html: { href: page }, pull_request: { href: pull } },
    ...(review.state === 'PENDING' ? {} : { submitted_at: timestamp(review.at) }),
    commit_id: review.commit,
  };
}

function links(repository: string, url: string, pull: Pull): object {
  const issue = `${repository}/issues/${pull.number}`;
  const own = {
    issue,
    commits: `${url}/commits`,
    review_comments: `${url}/comments`,
    review_comment: `${repository}/pulls/comments{/number}`,
    comments: `${issue}/comments`,
    statuses: `${repository}/statuses/${pull.head.sha}`,
  };
  const urls = Object.entries(own).map(([name, href]): [string, string] => [`${name}_url`, href]);
  const hrefs = Object.entries({ self: url, html: url, ...own }).map(([name, href]): [string, object] => [name, { href }]);
  return { url, ...Object.fromEntries(urls), _links: Object.fromEntries(hrefs) };
}

function end(
  { api, repository }: RepositoryCall,
  { ref, sha }: { readonly ref: string; readonly sha: string },
  name: string = repository.name,
): object {
  const owner = repository.name.split('/')[0] ?? '';
  return {
    label: `${owner}:${ref}`,
    ref,
    sha,
    user: accountAnswer(api, owner, 'Organization'),
    repo: { ...repositoryAnswer(api, repository), full_name: name },
  };
}
