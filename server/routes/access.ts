import { Router } from 'express';
import { z } from 'zod';
import type { NamespaceAccess } from '#core/access-matrix.ts';
import { sendJson } from '#server/json-answer.ts';
import { filterText, parseQuery } from '#server/query.ts';

export interface AccessDeps {
  /** @throws HeadgateError NOT_FOUND */
  readonly access: (namespace: string, cluster: string | undefined) => readonly NamespaceAccess[];
}

const Query = z.strictObject({ namespace: z.string().min(1).max(253), cluster: filterText });

/** `GET /v1/access?namespace=…`: who may deploy what from where to a namespace. */
export function accessRoute({ access }: AccessDeps): Router {
  return Router({ caseSensitive: true, strict: true }).get('/v1/access', function show(request, response) {
    const { namespace, cluster } = parseQuery(request, Query);
    sendJson(response, 200, { items: access(namespace, cluster), next: null });
  });
}
