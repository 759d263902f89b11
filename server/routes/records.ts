import { Router } from 'express';
import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { recordKinds, type Records } from '#core/ports/records.ts';
import { sendJson } from '#server/json-answer.ts';
import { filterText, momentSchema, pageShape, parseQuery, sinceParameter } from '#server/query.ts';

/** The filters of the list. */
export function recordFilters(clock: Clock) {
  return z.strictObject({
    kind: z.enum(recordKinds).exactOptional(),
    change: filterText,
    decision: filterText,
    target: filterText,
    since: sinceParameter(clock),
    until: momentSchema(clock).exactOptional(),
  });
}

/** `GET /v1/records[/{id}]`: the evidence chain. It has no stream: what would be news is told by decisions and reconciles. */
export function recordsRoutes(records: Pick<Records, 'records' | 'record'>, clock: Clock): Router {
  const query = recordFilters(clock).extend({ limit: pageShape.limit, cursor: pageShape.cursor });
  return Router({ caseSensitive: true, strict: true })
    .get('/v1/records', async function listRecords(request, response) {
      const { limit, cursor, ...filter } = parseQuery(request, query);
      sendJson(response, 200, await records.records(filter, { limit, cursor }));
    })
    .get('/v1/records/:id', async function showRecord(request, response) {
      parseQuery(request, z.strictObject({}));
      const id = request.params['id'] ?? '';
      const found = await records.record(id);
      if (found === undefined) throw new HeadgateError('NOT_FOUND', `there is no record ${id}`);
      sendJson(response, 200, found);
    });
}
