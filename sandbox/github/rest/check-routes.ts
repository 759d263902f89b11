import { stableId } from '#sandbox/github/account.ts';
import { accountAnswer, nodeId } from '#sandbox/github/rest/account-answer.ts';
import type { Answer } from '#sandbox/github/rest/answer.ts';
import type { RepositoryCall, Route } from '#sandbox/github/rest/call.ts';
import { namedCommit } from '#sandbox/github/rest/commit-routes.ts';
import { paged } from '#sandbox/github/rest/page.ts';
import type { Check, Records } from '#sandbox/github/rest/records.ts';
import { timestamp } from '#sandbox/timestamp.ts';

/** `GET …/commits/{ref}/check-runs` (docs.github.com "List check runs for a Git reference"). */
export function checkRoutes(records: Records): readonly Route<RepositoryCall>[] {
  return [{ method: 'GET', pattern: /^\/commits\/(.+)\/check-runs$/, answer: (call) => checkRuns(call, records) }];
}

async function checkRuns(call: RepositoryCall, records: Records): Promise<Answer> {
  const all = records.checks(call.repository.name, await namedCommit(call));
  const wanted = call.url.searchParams;
  const shown = (wanted.get('filter') === 'all' ? all : latest(all)).filter(
    (check) => fits(wanted.get('check_name'), check.name) && fits(wanted.get('status'), check.status),
  );
  return paged(call.url, shown, (some) => ({ total_count: shown.length, check_runs: some.map((check) => checkAnswer(call, check)) }));
}

/** Of each app the newest run under a name: what `filter=latest`, the default, leaves. @param checks newest first */
function latest(checks: readonly Check[]): readonly Check[] {
  const seen = new Set<string>();
  return checks.filter(({ app, name }) => {
    const key = `${app} ${name}`;
    return !seen.has(key) && seen.add(key);
  });
}

function fits(wanted: string | null, actual: string): boolean {
  return wanted === null || wanted === actual;
}

/** `check-run`. */
function checkAnswer({ api, repository }: RepositoryCall, check: Check): object {
  const url = `${repository.api}/check-runs/${check.id}`;
  const at = timestamp(check.at);
  return {
    id: check.id,
    name: check.name,
    node_id: nodeId('CheckRun', check.id),
    head_sha: check.sha,
    external_id: '',
    url,
    html_url: `${repository.page}/runs/${check.id}`,
    details_url: `${repository.page}/runs/${check.id}`,
    status: check.status,
    conclusion: check.conclusion,
    started_at: at,
    completed_at: check.status === 'completed' ? at : null,
    output: { title: null, summary: null, text: null, annotations_count: 0, annotations_url: `${url}/annotations` },
    check_suite: { id: stableId(`${check.sha} ${check.app}`) },
    app: appAnswer(api, stableId(check.app), check.app, 'github'),
    pull_requests: [],
  };
}

/** `integration`: a GitHub App. */
export function appAnswer(api: string, id: number, slug: string, owner: string): object {
  return {
    id,
    slug,
    node_id: nodeId('Integration', id),
    client_id: `Iv1.${id}`,
    owner: accountAnswer(api, owner, 'Organization'),
    name: slug,
    description: null,
    external_url: `https://${slug}.example`,
    html_url: `${api.replace(/\/api\/v3$/, '')}/apps/${slug}`,
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    permissions: { metadata: 'read', contents: 'read', checks: 'read', pull_requests: 'read', statuses: 'write' },
    events: ['push'],
  };
}
