import { accountAnswer, nodeId } from '#sandbox/github/rest/account-answer.ts';
import type { RepositoryView } from '#sandbox/github/rest/call.ts';

/** Links of a repository: field → path below it. */
const LINKS = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
  hooks_url: '/hooks',
} as const;

/** Of a repository that nobody has done anything with but push. */
const NOTHING = {
  description: null,
  fork: false,
  mirror_url: null,
  homepage: null,
  language: null,
  license: null,
  forks_count: 0,
  forks: 0,
  stargazers_count: 0,
  watchers_count: 0,
  watchers: 0,
  open_issues_count: 0,
  open_issues: 0,
  subscribers_count: 0,
  network_count: 0,
  size: 1,
  has_issues: true,
  has_projects: false,
  has_wiki: false,
  has_pages: false,
  has_downloads: true,
  has_discussions: false,
  archived: false,
  disabled: false,
} as const;

const MADE = '2026-01-01T00:00:00Z';

/** `full-repository`, which holds all of `repository` and `minimal-repository`. */
export function repositoryAnswer(api: string, { id, name, defaultBranch, api: url, page }: RepositoryView): object {
  const [owner = '', short = ''] = name.split('/');
  const links = Object.entries(LINKS).map(([field, path]): [string, string] => [field, `${url}${path}`]);
  return {
    id,
    node_id: nodeId('Repository', id),
    name: short,
    full_name: name,
    owner: accountAnswer(api, owner, 'Organization'),
    private: true,
    visibility: 'private',
    html_url: page,
    url,
    ...Object.fromEntries(links),
    git_url: `${page}.git`,
    ssh_url: `${page}.git`,
    clone_url: `${page}.git`,
    svn_url: page,
    default_branch: defaultBranch,
    ...NOTHING,
    permissions: { admin: true, maintain: true, push: true, triage: true, pull: true },
    pushed_at: MADE,
    created_at: MADE,
    updated_at: MADE,
  };
}
