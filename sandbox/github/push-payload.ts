import type { CommitInfo } from '#sandbox/git/bare-repository.ts';
import { account, stableId } from '#sandbox/github/account.ts';

/** What a push did to one ref. */
export interface PushFacts {
  /** Of the repository. */
  readonly id: number;
  /** `owner/name`. */
  readonly repository: string;
  /** Base URL of the server. */
  readonly server: string;
  readonly defaultBranch: string;
  readonly ref: string;
  /** What the ref pointed at before and points at now (for an annotated tag the tag object); null = nothing. */
  readonly before: string | null;
  readonly after: string | null;
  readonly forced: boolean;
  /** New commits, oldest first. */
  readonly commits: readonly CommitInfo[];
  /** The commit that the ref leads to now. */
  readonly head: CommitInfo | null;
  readonly pusher: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const ZERO = '0'.repeat(40);

/** The body of GitHub's `push` event (docs.github.com "Webhook events and payloads"), without the fields that are links only. */
export function pushPayload(facts: PushFacts): Readonly<Record<string, unknown>> {
  const { server, repository, ref, before, after, forced, commits, head, pusher } = facts;
  const page = `${server}/${repository}`;
  const short = ref.replace(/^refs\/(heads|tags)\//, '');
  const compare = before && after ? `${before.slice(0, 12)}...${after.slice(0, 12)}` : short;
  return {
    ref,
    before: before ?? ZERO,
    after: after ?? ZERO,
    repository: repositoryPayload(facts),
    pusher: { name: pusher, email: emailOf(pusher) },
    organization: organizationOf(repository),
    sender: account(pusher),
    created: before === null,
    deleted: after === null,
    forced,
    base_ref: null,
    compare: `${page}/compare/${compare}`,
    commits: commits.map((commit) => commitPayload(commit, page)),
    head_commit: head === null ? null : commitPayload(head, page),
  };
}

/** The body of GitHub's `ping` event. */
export function pingPayload(hook: number, url: string): Readonly<Record<string, unknown>> {
  const config = { content_type: 'json', url, insecure_ssl: '0', secret: '********' };
  return {
    zen: 'Keep it logically awesome.',
    hook_id: hook,
    hook: { type: 'Organization', id: hook, name: 'web', active: true, events: ['push'], config },
    organization: organizationOf('acme/any'),
    sender: account('octocat'),
  };
}

/** @param at milliseconds since the epoch; `pushed_at` is in seconds in push events */
function repositoryPayload({ id, repository, server, defaultBranch, at }: PushFacts): Readonly<Record<string, unknown>> {
  const [owner = '', name = ''] = repository.split('/');
  const page = `${server}/${repository}`;
  return {
    id,
    node_id: Buffer.from(`010:Repository${id}`).toString('base64'),
    name,
    full_name: repository,
    private: true,
    owner: { name: owner, email: null, ...account(owner, 'Organization') },
    html_url: page,
    description: null,
    fork: false,
    url: page,
    clone_url: `${page}.git`,
    created_at: Math.floor(at / 1_000),
    updated_at: new Date(at).toISOString(),
    pushed_at: Math.floor(at / 1_000),
    default_branch: defaultBranch,
    master_branch: defaultBranch,
    organization: owner,
    archived: false,
    disabled: false,
    visibility: 'private',
  };
}

function commitPayload({ id, tree, author, timestamp, message, added, removed, modified }: CommitInfo, page: string): object {
  const person = { name: author.name, email: author.email, username: author.name };
  const link = `${page}/commit/${id}`;
  return { id, tree_id: tree, distinct: true, message, timestamp, url: link, author: person, committer: person, added, removed, modified };
}

function organizationOf(repository: string): object {
  const owner = repository.split('/')[0] ?? '';
  return { login: owner, id: stableId(owner), url: `https://api.github.com/orgs/${owner}`, description: '' };
}

/** The address that GitHub gives to accounts which hide theirs. */
export function emailOf(login: string): string {
  return `${stableId(login)}+${login}@users.noreply.github.com`;
}
