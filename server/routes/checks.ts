import { Router } from 'express';
import { z } from 'zod';
import type { Finding } from '#core/finding.ts';
import { sendJson } from '#server/json-answer.ts';
import { filterText, parseQuery } from '#server/query.ts';

export interface ChecksDeps {
  /** Looks at everything that `headgate check` tells of, or at one source. @throws HeadgateError SOURCE_UNKNOWN */
  readonly check: (source?: string) => Promise<readonly Finding[]>;
}

/** `GET /v1/checks`: unlike `/v1/status` it asks clusters and forges, so it takes as long as they do. */
export function checksRoute({ check }: ChecksDeps): Router {
  return Router({ caseSensitive: true, strict: true }).get('/v1/checks', async function checks(request, response) {
    const { source } = parseQuery(request, z.strictObject({ source: filterText }));
    sendJson(response, 200, { findings: await check(source) });
  });
}
