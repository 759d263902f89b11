import { Router } from 'express';
import { z } from 'zod';
import type { WhatIfAnswer } from '#web/what-if-page.ts';
import { limits } from '#core/limits.ts';
import { ByteBudget } from '#server/byte-budget.ts';
import { explainSchemaFor, type ExplainBody } from '#server/explain-body.ts';
import { sendJson } from '#server/json-answer.ts';
import { jsonOf } from '#server/json-body.ts';
import { parseQuery, parseRequest } from '#server/query.ts';
import { readBody } from '#server/read-body.ts';

export interface ExplainDeps {
  /** What would come of a change, without anything coming of it. */
  readonly explain: (asked: ExplainBody) => Promise<WhatIfAnswer>;
}

/** `POST /v1/explain`: what would come of a change. Writes nothing, so it is a question although it is a POST. */
export function explainRoute({ explain }: ExplainDeps): Router {
  const budget = new ByteBudget(limits.http.inFlightBytes);
  return Router({ caseSensitive: true, strict: true }).post('/v1/explain', async function answerExplain(request, response) {
    parseQuery(request, z.strictObject({}));
    const bytes = await readBody(request, limits.http.bodyBytes, budget);
    budget.giveBack(bytes.length);
    const body = jsonOf(bytes);
    sendJson(response, 200, await explain(parseRequest(body, explainSchemaFor(body))));
  });
}
