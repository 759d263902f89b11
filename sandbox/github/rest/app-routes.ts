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
    { method: 'POST', pattern: /^\/app\/installations\/(\d+)\/access_tokens$/, answer: (call) => accessToken(call, credentials) },
  ];
}

function itself(call: Call): Answer {
  const { id, slug, installations } = appOf(call);
  return ok({ ...appAnswer(call.api, id, slug, 'acme'), installations_count: installations.length });
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
