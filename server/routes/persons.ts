import { Router } from 'express';
import { z } from 'zod';
import { HeadgateError } from '#core/errors.ts';
import type { Records } from '#core/ports/records.ts';
import { sendJson } from '#server/json-answer.ts';
import { parseQuery } from '#server/query.ts';

/** `DELETE /v1/persons/{reference}`: erases whom a reference in records means. The records stay as they are, and can be verified. */
export function personsRoute(records: Pick<Records, 'erasePerson'>): Router {
  return Router({ caseSensitive: true, strict: true }).delete('/v1/persons/:reference', async function erasePerson(request, response) {
    parseQuery(request, z.strictObject({}));
    const reference = request.params['reference'] ?? '';
    if (!(await records.erasePerson(reference))) throw new HeadgateError('NOT_FOUND', `no name is kept for ${reference}`);
    sendJson(response, 200, { reference, erased: true });
  });
}
