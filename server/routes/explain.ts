import { Router } from 'express';
import { z } from 'zod';
import type { WhatIfAnswer } from '#web/what-if-page.ts';
import { limits } from '#core/limits.ts';
import type { Subject } from '#core/subject.ts';
import { ByteBudget } from '#server/byte-budget.ts';
import { callerOf, type CallersDeps } from '#server/callers.ts';
import { explainSchemaFor, type ExplainBody } from '#server/explain-body.ts';
import { sendJson } from '#server/json-answer.ts';
import { jsonOf } from '#server/json-body.ts';
import { parseQuery, parseRequest } from '#server/query.ts';
import { readBody } from '#server/read-body.ts';

export interface ExplainDeps {
  /**
   * What would come of a change, without anything coming of it.
   * @param asker whoever asks by a token, and would be behind the change; null for the operator
   */
  readonly explain: (asked: ExplainBody, asker: Subject | null) => Promise<WhatIfAnswer>;
}

/** `POST /v1/explain`: what would come of a change. Writes nothing, so it is a question although it is a POST. */
export function explainRoute(deps: ExplainDeps & CallersDeps): Router {
  const budget = new ByteBudget(limits.http.inFlightBytes);
  return Router({ caseSensitive: true, strict: true }).post('/v1/explain', async function answerExplain(request, response) {
    const caller = await callerOf(deps, request);
    parseQuery(request, z.strictObject({}));
    const held = budget.hold();
    const bytes = await readBody(request, limits.http.bodyBytes, held);
    held.release();
    const body = jsonOf(bytes);
    const asked = parseRequest(body, explainSchemaFor(body));
    sendJson(response, 200, await deps.explain(asked, caller === 'operator' ? null : caller.subject));
  });
}
