import { Router } from 'express';
import { z } from 'zod';
import type { Finding } from '#core/finding.ts';
import { sendJson } from '#server/json-answer.ts';
import { parseQuery } from '#server/query.ts';

export interface ChecksDeps {
  /** Looks at everything that `headgate check` tells of. Does not reject. */
  readonly check: () => Promise<readonly Finding[]>;
}

/** `GET /v1/checks`: unlike `/v1/status` it asks clusters and forges, so it takes as long as they do. */
export function checksRoute({ check }: ChecksDeps): Router {
  return Router({ caseSensitive: true, strict: true }).get('/v1/checks', async function checks(request, response) {
    parseQuery(request, z.strictObject({}));
    sendJson(response, 200, { findings: await check() });
  });
}
