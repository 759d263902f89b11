import { Router } from 'express';
import { z } from 'zod';
import { sendJson } from '#server/json-answer.ts';
import { parseQuery } from '#server/query.ts';

export interface ChecksDeps {
  /** Asks every cluster what it is and what we may do there. Does not reject. */
  readonly checkClusters: () => Promise<readonly { readonly cluster: string }[]>;
}

/** `GET /v1/checks`: unlike `/v1/status` it asks the clusters, so it takes as long as they do. */
export function checksRoute({ checkClusters }: ChecksDeps): Router {
  return Router({ caseSensitive: true, strict: true }).get('/v1/checks', async function checks(request, response) {
    parseQuery(request, z.strictObject({}));
    sendJson(response, 200, { clusters: await checkClusters() });
  });
}
