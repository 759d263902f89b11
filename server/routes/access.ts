import { Router } from 'express';
import { z } from 'zod';
import type { NamespaceAccess } from '#core/access-matrix.ts';
import { limits } from '#core/limits.ts';
import { sendJson } from '#server/json-answer.ts';
import { filterText, parseQuery } from '#server/query.ts';

export interface AccessDeps {
  /** @throws HeadgateError NOT_FOUND */
  readonly access: (asked: AccessQuery) => Promise<readonly NamespaceAccess[]>;
}

/** Several, separated by commas. */
const names = z
  .string()
  .min(1)
  .max(limits.http.filterChars)
  .transform((text) => text.split(',').filter((name) => name !== ''))
  .exactOptional();

type AccessQuery = z.output<typeof Query>;
const Query = z.strictObject({
  namespace: z.string().min(1).max(253),
  cluster: filterText,
  accounts: names,
  persons: names,
});

/** `GET /v1/access?namespace=…`: who may deploy what from where to a namespace, and what the sources themselves let accounts do. */
export function accessRoute({ access }: AccessDeps): Router {
  return Router({ caseSensitive: true, strict: true }).get('/v1/access', async function show(request, response) {
    sendJson(response, 200, { items: await access(parseQuery(request, Query)), next: null });
  });
}
