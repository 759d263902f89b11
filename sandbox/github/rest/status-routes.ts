import { accountAnswer, nodeId } from '#sandbox/github/rest/account-answer.ts';
import { notFound, RestError, type Answer } from '#sandbox/github/rest/answer.ts';
import { param, type RepositoryCall, type Route } from '#sandbox/github/rest/call.ts';
import { namedCommit } from '#sandbox/github/rest/commit-routes.ts';
import { paged } from '#sandbox/github/rest/page.ts';
import type { CommitStatus, Records } from '#sandbox/github/rest/records.ts';
import { repositoryAnswer } from '#sandbox/github/rest/repository-answer.ts';
import { timestamp } from '#sandbox/timestamp.ts';

/** Commit statuses (docs.github.com "REST API endpoints for commit statuses"). */
export function statusRoutes(records: Records): readonly Route<RepositoryCall>[] {
  return [
    { method: 'POST', pattern: /^\/statuses\/([^/]+)$/, answer: (call) => create(call, records) },
    {
      method: 'GET',
      pattern: /^\/commits\/(.+)\/statuses$/,
      answer: async (call) =>
        paged(call.url, records.statuses(call.repository.name, await namedCommit(call)), (some) =>
          some.map((status) => statusAnswer(call, status)),
        ),
    },
    { method: 'GET', pattern: /^\/commits\/(.+)\/status$/, answer: (call) => combined(call, records) },
  ];
}

/** Scopes of a classic token that let it write statuses. */
const SCOPES: readonly string[] = ['repo', 'repo:status', 'public_repo'];
const STATES = ['error', 'failure', 'pending', 'success'] as const;
/** Of a description, in characters. */
const DESCRIPTION = 140;

async function create(call: RepositoryCall, records: Records): Promise<Answer> {
  checkRight(call);
  const sha = await namedCommit(call);
  if (sha !== param(call)) throw invalid('sha', 'sha must be a 40 character SHA1');
  const given = fieldsOf(call.body);
  const state = STATES.find((each) => each === given['state']);
  if (state === undefined) throw invalid('state', 'state is not included in the list');
  const description = text(given['description']);
  if (description !== null && description.length > DESCRIPTION)
    throw invalid('description', 'description is too long (maximum is 140 characters)');
  const status = records.addStatus({
    repository: call.repository.name,
    sha,
    state,
    targetUrl: text(given['target_url']),
    description,
    context: text(given['context']) ?? 'default',
    creator: call.caller.login,
  });
  return { status: 201, body: statusAnswer(call, status) };
}

/**
 * Statuses need a right of their own: a scope of a classic token, which gets 404 without it, or a permission of an App
 * (docs.github.com "Troubleshooting the REST API", insufficient permissions).
 */
function checkRight({ caller }: RepositoryCall): void {
  const { type, scopes, permissions } = caller;
  if (type === 'User') {
    if (scopes !== null && !scopes.some((scope) => SCOPES.includes(scope))) throw notFound();
    return;
  }
  if (permissions?.['statuses'] === 'write') return;
  const headers = { 'x-accepted-github-permissions': 'statuses=write' };
  throw new RestError(403, 'Resource not accessible by integration', { headers });
}

/** `combined-commit-status`: the newest status of each context; `pending` while there is none. */
async function combined(call: RepositoryCall, records: Records): Promise<Answer> {
  const { api, repository } = call;
  const sha = await namedCommit(call);
  const statuses = newest(records.statuses(repository.name, sha));
  const has = (state: CommitStatus['state']): boolean => statuses.some((status) => status.state === state);
  const isOpen = statuses.length === 0 || has('pending');
  return paged(call.url, statuses, (some) => ({
    state: has('failure') || has('error') ? 'failure' : isOpen ? 'pending' : 'success',
    statuses: some.map((status) => simpleAnswer(call, status)),
    sha,
    total_count: statuses.length,
    repository: repositoryAnswer(api, repository),
    commit_url: `${repository.api}/commits/${sha}`,
    url: `${repository.api}/commits/${sha}/status`,
  }));
}

/** Of each context. @param statuses newest first */
function newest(statuses: readonly CommitStatus[]): readonly CommitStatus[] {
  return [...new Map(statuses.toReversed().map((status) => [status.context.toLowerCase(), status])).values()];
}

/** `status`. */
function statusAnswer(call: RepositoryCall, status: CommitStatus): object {
  return { ...simpleAnswer(call, status), creator: accountAnswer(call.api, status.creator) };
}

/** `simple-commit-status`. */
function simpleAnswer({ repository }: RepositoryCall, status: CommitStatus): object {
  const at = timestamp(status.at);
  return {
    url: `${repository.api}/statuses/${status.sha}`,
    avatar_url: '',
    id: status.id,
    node_id: nodeId('StatusContext', status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: at,
    updated_at: at,
  };
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null ? Object.fromEntries(Object.entries(body)) : {};
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function invalid(field: string, message: string): RestError {
  return new RestError(422, 'Validation Failed', { fields: { errors: [{ resource: 'Status', code: 'custom', field, message }] } });
}
