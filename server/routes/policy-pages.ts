import { Router, type RequestHandler } from 'express';
import { z } from 'zod';
import { decisionPage } from '#web/decision-page.ts';
import { documentOf } from '#web/layout.ts';
import { peoplePage } from '#web/people-page.ts';
import { policiesPage } from '#web/policies-page.ts';
import { policyPage } from '#web/policy-page.ts';
import { sendPage } from '#server/page-answer.ts';
import { decisionView, peopleView, policiesView, policyView, type PolicyViewDeps } from '#server/policy-views.ts';
import { parseQuery } from '#server/query.ts';
import { viewerAt, type ReaderDeps } from '#server/readers.ts';

/** Pages that stand still: a decision never changes, and policies are read, not watched. */
export function policyPagesRoutes(deps: PolicyViewDeps & ReaderDeps, guard: RequestHandler): Router {
  const nothing = z.strictObject({});
  return Router({ caseSensitive: true, strict: true })
    .get('/decisions/:id', guard, async (request, response) => {
      parseQuery(request, nothing);
      const view = await decisionView(deps, String(request.params['id']));
      sendPage(response, 200, documentOf(decisionPage(view), viewerAt(deps, request)));
    })
    .get('/people', guard, async (request, response) => {
      parseQuery(request, nothing);
      sendPage(response, 200, documentOf(peoplePage(await peopleView(deps)), viewerAt(deps, request)));
    })
    .get('/policies', guard, (request, response) => {
      parseQuery(request, nothing);
      sendPage(response, 200, documentOf(policiesPage(policiesView(deps)), viewerAt(deps, request)));
    })
    .get('/policies/:name', guard, async (request, response) => {
      parseQuery(request, nothing);
      const view = await policyView(deps, String(request.params['name']));
      sendPage(response, 200, documentOf(policyPage(view), viewerAt(deps, request)));
    });
}
