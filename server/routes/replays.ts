import { Router, type Request } from 'express';
import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { ByteBudget } from '#server/byte-budget.ts';
import type { ClientAddress } from '#server/client-address.ts';
import { sendJson } from '#server/json-answer.ts';
import { jsonOf } from '#server/json-body.ts';
import { parseQuery, parseRequest } from '#server/query.ts';
import { readBody } from '#server/read-body.ts';
import { replaySchemaFor, type ReplaySelection } from '#server/replay-body.ts';

/** What is asked for, and by whom. */
export interface ReplayAsked {
  readonly selection: ReplaySelection;
  readonly dryRun: boolean;
  /** The request's `Idempotency-Key`; null without one. */
  readonly key: string | null;
  readonly remote: string;
}

export interface ReplayDeps {
  /** Takes recorded deliveries through the flow once more. @returns one item for each */
  readonly replay: (asked: ReplayAsked) => Promise<readonly { readonly replay: string | null; readonly known: boolean }[]>;
  readonly clientAddress: ClientAddress;
  readonly clock: Clock;
  readonly shutdown: AbortSignal;
}

/** `POST /v1/replays`: 202 when something was entered, 200 when nothing was: a dry run, a repetition, or an error for each. */
export function replaysRoute(deps: ReplayDeps): Router {
  const budget = new ByteBudget(limits.http.inFlightBytes);
  return Router({ caseSensitive: true, strict: true }).post('/v1/replays', async function answerReplays(request, response) {
    if (deps.shutdown.aborted) throw new HeadgateError('SHUTTING_DOWN', 'the server is stopping');
    parseQuery(request, z.strictObject({}));
    const key = keyOf(request);
    const held = budget.hold();
    const bytes = await readBody(request, limits.http.apiBodyBytes, held);
    held.release();
    const body = jsonOf(bytes);
    const { dryRun, ...selection } = parseRequest(body, replaySchemaFor(deps.clock, body));
    const remote = deps.clientAddress(request.socket.remoteAddress, request.headersDistinct['x-forwarded-for']);
    const items = await deps.replay({ selection, dryRun, key, remote });
    sendJson(response, items.some(({ replay, known }) => replay !== null && !known) ? 202 : 200, { dryRun, items });
  });
}

const Key = z
  .string()
  .max(limits.replay.keyChars)
  .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters');

/** As draft-ietf-httpapi-idempotency-key-header names it; its quotes are part of the key. */
function keyOf({ headersDistinct }: Request): string | null {
  const [key, ...more] = headersDistinct['idempotency-key'] ?? [];
  if (more.length > 0) throw new HeadgateError('REQUEST_INVALID', 'Idempotency-Key is sent more than once');
  return key === undefined ? null : parseRequest({ 'Idempotency-Key': key }, z.object({ 'Idempotency-Key': Key }))['Idempotency-Key'];
}
