import { stableId } from '#sandbox/github/account.ts';
import { accountAnswer } from '#sandbox/github/rest/account-answer.ts';
import { notFound, ok, type Answer } from '#sandbox/github/rest/answer.ts';
import { param, type Call, type Route } from '#sandbox/github/rest/call.ts';
import { appAnswer } from '#sandbox/github/rest/check-routes.ts';
import { permissionsOf, type NewApp } from '#sandbox/github/rest/app-token.ts';
import type { Credentials } from '#sandbox/github/rest/credentials.ts';
import { timestamp } from '#sandbox/timestamp.ts';

/** What a GitHub App asks as itself (docs.github.com "REST API endpoints for GitHub Apps"). */
export function appRoutes(credentials: Credentials): readonly Route[] {
  return [
    { method: 'GET', pattern: /^\/app$/, answer: itself },
    { method: 'GET', pattern: /^\/app\/installations\/(\d+)$/, answer: installation },
    { method: 'POST', pattern: /^\/app\/installations\/(\d+)\/access_tokens$/, answer: (call) => accessToken(call, credentials) },
  ];
}

function itself(call: Call): Answer {
  const { id, slug, installations } = appOf(call);
  return ok({ ...appAnswer(call.api, id, slug, 'acme'), installations_count: installations.length });
}

/** `installation`. */
function installation(call: Call): Answer {
  const { id: app, slug, installations } = appOf(call);
  const id = Number(param(call));
  if (!installations.includes(id)) throw notFound();
  const url = `${call.api}/app/installations/${id}`;
  return ok({
    id,
    account: accountAnswer(call.api, 'acme', 'Organization'),
    repository_selection: 'all',
    access_tokens_url: `${url}/access_tokens`,
    repositories_url: `${call.api}/installation/repositories`,
    html_url: `${call.api.replace(/\/api\/v3$/, '')}/organizations/acme/settings/installations/${id}`,
    app_id: app,
    app_slug: slug,
    target_id: stableId('acme'),
    target_type: 'Organization',
    permissions: { metadata: 'read', ...permissionsOf(appOf(call)) },
    events: ['push'],
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    single_file_name: null,
    suspended_by: null,
    suspended_at: null,
  });
}

function accessToken(call: Call, credentials: Credentials): Answer {
  const { token, expiresAt } = credentials.installationToken(appOf(call), Number(param(call)));
  const granted = { metadata: 'read', ...permissionsOf(appOf(call)) };
  return { status: 201, body: { token, expires_at: timestamp(expiresAt), permissions: granted, repository_selection: 'all' } };
}

function appOf({ app }: Call): NewApp {
  if (app === undefined) throw notFound();
  return app;
}
