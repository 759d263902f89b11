import { Router } from 'express';
import { z } from 'zod';
import type { ShownPolicy } from '#web/policy-shape.ts';
import type { Mode } from '#core/decision.ts';
import { HeadgateError } from '#core/errors.ts';
import { sendJson } from '#server/json-answer.ts';
import { parseQuery } from '#server/query.ts';

export interface PoliciesDeps {
  /** The policies that are loaded, as plain data. */
  readonly policies: () => readonly (ShownPolicy & { readonly mode: Mode })[];
}

/** `GET /v1/policies[/{name}]`. */
export function policiesRoutes({ policies }: PoliciesDeps): Router {
  return Router({ caseSensitive: true, strict: true })
    .get('/v1/policies', function list(request, response) {
      parseQuery(request, z.strictObject({}));
      sendJson(response, 200, { items: policies(), next: null });
    })
    .get('/v1/policies/:name', function show(request, response) {
      parseQuery(request, z.strictObject({}));
      const { name } = request.params;
      const policy = policies().find((candidate) => candidate.name === name);
      if (!policy)
        throw new HeadgateError('NOT_FOUND', `no policy ${name} is loaded`, { hint: 'List what there is with `headgate get policies`.' });
      sendJson(response, 200, policy);
    });
}
