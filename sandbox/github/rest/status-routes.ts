import { accountAnswer, nodeId } from '#sandbox/github/rest/account-answer.ts';
import { RestError, type Answer } from '#sandbox/github/rest/answer.ts';
import { param, type RepositoryCall, type Route } from '#sandbox/github/rest/call.ts';
import { namedCommit } from '#sandbox/github/rest/commit-routes.ts';
import { paged } from '#sandbox/github/rest/page.ts';
import type { CommitStatus, Records } from '#sandbox/github/rest/records.ts';
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
  ];
}

const STATES = ['error', 'failure', 'pending', 'success'] as const;
/** Of a description, in characters. */
const DESCRIPTION = 140;

async function create(call: RepositoryCall, records: Records): Promise<Answer> {
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

/** `status`. */
function statusAnswer({ api, repository }: RepositoryCall, status: CommitStatus): object {
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
    creator: accountAnswer(api, status.creator),
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
