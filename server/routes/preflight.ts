import { Router, type Request } from 'express';
import { z } from 'zod';
import type { Subject } from '#core/subject.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { ByteBudget } from '#server/byte-budget.ts';
import { callerOf, remoteOf, type CallersDeps } from '#server/callers.ts';
import { sendJson } from '#server/json-answer.ts';
import { jsonOf } from '#server/json-body.ts';
import { PreflightBody } from '#server/preflight-body.ts';
import { parseQuery, parseRequest } from '#server/query.ts';
import { readBody } from '#server/read-body.ts';

export interface PreflightDeps extends CallersDeps {
  /** By name: those whose hooks may ask with the source's secret. */
  readonly sources: ReadonlyMap<string, SourceAdapter>;
  /** What would be applied, and what would come of it. */
  readonly preflight: (asked: PreflightBody & { readonly subject?: Subject }) => Promise<object>;
}

/** Which source a body is signed for: nothing else of it is looked at before it is authenticated. */
const Named = z.looseObject({ source: z.string() });

/**
 * `POST /v1/preflight`: looks at manifests before they enter history. Asked by a token, as `/v1/explain`, or by a hook, which signs the body
 * with its source's secret or shows a token, as it does with deliveries. Writes nothing.
 */
export function preflightRoute(deps: PreflightDeps): Router {
  const budget = new ByteBudget(limits.http.inFlightBytes);
  return Router({ caseSensitive: true, strict: true }).post('/v1/preflight', async function answerPreflight(request, response) {
    const subject = isSigned(request) ? null : await askerOf(deps, request);
    parseQuery(request, z.strictObject({}));
    const held = budget.hold();
    const bytes = await readBody(request, limits.http.bodyBytes, held);
    try {
      if (isSigned(request)) authenticateHook(deps, request, bytes);
      const asked = parseRequest(jsonOf(bytes), PreflightBody);
      const asker = subject && isHook(deps, asked, subject) ? null : subject;
      sendJson(response, 200, await deps.preflight({ ...asked, ...(asker ? { subject: asker } : {}) }));
    } finally {
      held.release();
    }
  });
}

/** The hook of a source asks for whoever pushes, by a token as by a signature: it is not the one who wants something deployed. */
function isHook({ sources }: PreflightDeps, { source }: PreflightBody, subject: Subject): boolean {
  return (source !== undefined && sources.get(source)?.isSender?.(subject)) ?? false;
}

function isSigned({ headersDistinct }: Request): boolean {
  return headersDistinct['webhook-signature'] !== undefined;
}

/** Null for the operator. @throws HeadgateError as callerOf */
async function askerOf(deps: PreflightDeps, request: Request): Promise<Subject | null> {
  const caller = await callerOf(deps, request);
  return caller === 'operator' ? null : caller.subject;
}

/** @throws HeadgateError UNAUTHENTICATED, and as SourceAdapter.authenticate */
function authenticateHook(deps: PreflightDeps, request: Request, body: Uint8Array): void {
  const named = Named.safeParse(jsonOf(body));
  const source = named.success ? deps.sources.get(named.data.source) : undefined;
  if (!source?.authenticate) throw new HeadgateError('UNAUTHENTICATED', 'the body names no source whose hooks sign');
  source.authenticate({ headers: request.headersDistinct, body, remote: remoteOf(deps, request) });
}
