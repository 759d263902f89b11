import { accountAnswer, nodeId } from '#sandbox/github/rest/account-answer.ts';
import { notFound, ok, RestError, type Answer } from '#sandbox/github/rest/answer.ts';
import { param, type RepositoryCall, type Route } from '#sandbox/github/rest/call.ts';
import type { Activity, Ledger, PullEvent } from '#sandbox/github/rest/ledger.ts';
import { linkHeader, paged, pageOf, slice } from '#sandbox/github/rest/page.ts';
import { timestamp } from '#sandbox/timestamp.ts';

/** What an account may do, what happened to a pull request, and how branches moved. */
export function reviewRoutes(ledger: Ledger): readonly Route<RepositoryCall>[] {
  return [
    { method: 'GET', pattern: /^\/collaborators\/([^/]+)\/permission$/, answer: (call) => permission(call, ledger) },
    { method: 'GET', pattern: /^\/issues\/(\d+)\/events$/, answer: (call) => events(call, ledger) },
    { method: 'GET', pattern: /^\/activity$/, answer: (call) => activity(call, ledger) },
  ];
}

/** `repository-collaborator-permission`. */
function permission(call: RepositoryCall, ledger: Ledger): Answer {
  const login = param(call);
  if (!/^[\w-]{1,39}$/.test(login)) throw notFound();
  const granted = ledger.permission(call.repository.id, login);
  return ok({ permission: granted, role_name: granted, user: { ...accountAnswer(call.api, login), role_name: granted } });
}

function events(call: RepositoryCall, ledger: Ledger): Answer {
  return paged(call.url, ledger.events(call.repository.id, Number(param(call))), (some) => some.map((event) => eventAnswer(call, event)));
}

/** `issue-event`. */
function eventAnswer({ api, repository }: RepositoryCall, { id, event, actor, at }: PullEvent): object {
  return {
    id,
    node_id: nodeId('IssueEvent', id),
    url: `${repository.api}/issues/events/${id}`,
    actor: accountAnswer(api, actor),
    event,
    commit_id: null,
    commit_url: null,
    created_at: timestamp(at),
    performed_via_github_app: null,
  };
}

/** Newest first. GitHub pages by cursors: here a cursor is the number of the page. */
async function activity(call: RepositoryCall, ledger: Ledger): Promise<Answer> {
  const wanted = call.url.searchParams;
  const ref = wanted.get('ref');
  const type = wanted.get('activity_type');
  if (ref !== null && !ref.startsWith('refs/')) throw new RestError(422, 'Validation Failed');
  const known = await Promise.all(ledger.activities(call.repository.id).map((each) => refined(call, each)));
  const all = known.filter((each) => (ref === null || each.ref === ref) && (type === null || each.type === type));
  const page = pageOf(call.url.searchParams);
  return ok(
    slice(all, page).map((each) => activityAnswer(call, each)),
    linkHeader(call.url, page, all.length),
  );
}

async function refined({ repository: { git } }: RepositoryCall, activity: Activity): Promise<Activity> {
  const { type, before, after } = activity;
  if (type !== 'push' || before === null || after === null) return activity;
  return (await git.mergeBase(before, after)) === before ? activity : { ...activity, type: 'force_push' };
}

const NOTHING = '0'.repeat(40);

/** `activity`. */
function activityAnswer({ api }: RepositoryCall, { id, type, ref, before, after, actor, at }: Activity): object {
  return {
    id,
    node_id: nodeId('Push', id),
    before: before ?? NOTHING,
    after: after ?? NOTHING,
    ref,
    timestamp: timestamp(at),
    activity_type: type,
    actor: accountAnswer(api, actor),
  };
}
