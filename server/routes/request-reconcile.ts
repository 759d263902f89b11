import { Router, type Response } from 'express';
import { z } from 'zod';
import { fullCommitId } from '#core/commit-id.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Story } from '#core/ports/journal.ts';
import { ByteBudget } from '#server/byte-budget.ts';
import type { ClientAddress } from '#server/client-address.ts';
import { sendJson } from '#server/json-answer.ts';
import { jsonOf } from '#server/json-body.ts';
import { sendProblem } from '#server/problem.ts';
import { durationOf, parseQuery, parseRequest } from '#server/query.ts';
import { readBody } from '#server/read-body.ts';

/** Names of Kubernetes objects: RFC 1123 subdomains. */
const name = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'must be a Kubernetes name');

const Body = z.strictObject({
  cluster: z.string().min(1).max(253),
  namespace: name,
  kind: z
    .string()
    .regex(/^[A-Z][A-Za-z0-9]{0,62}$/, 'must be a kind such as GitRepository')
    .exactOptional(),
  name: name.exactOptional(),
  revision: z.string().regex(fullCommitId, 'must be a full commit id').exactOptional(),
  force: z.boolean().exactOptional(),
});

const Query = z.strictObject({
  wait: z
    .string()
    .transform((text, context) => {
      const ms = durationOf(text);
      if (ms !== undefined && ms <= limits.http.apiWaitMax) return ms;
      context.addIssue(`must be a duration of at most ${limits.http.apiWaitMax / 60_000}m, such as 60s`);
      return z.NEVER;
    })
    .default(0),
});

/** What is asked for, and by whom. */
export type ReconcileRequest = z.infer<typeof Body> & { readonly requester: string; readonly remote: string };

export interface ReconcileDeps {
  /**
   * Takes a request through the flow like any change.
   * @param waitMs how long to wait for outcomes; 0 answers as soon as it is decided
   * @param signal aborted when the client has gone
   */
  readonly requestReconcile: (request: ReconcileRequest, waitMs: number, signal: AbortSignal) => Promise<readonly Story[]>;
  readonly clientAddress: ClientAddress;
  readonly shutdown: AbortSignal;
}

/** `POST /v1/reconciles`: 202 with what was decided and began, 200 when all of it has ended within `?wait=`, 403 when nothing is allowed. */
export function requestReconcileRoute(deps: ReconcileDeps): Router {
  const budget = new ByteBudget(limits.http.inFlightBytes);
  return Router({ caseSensitive: true, strict: true }).post('/v1/reconciles', async function requestReconcile(request, response) {
    if (deps.shutdown.aborted) throw new HeadgateError('SHUTTING_DOWN', 'the server is stopping');
    const { wait } = parseQuery(request, Query);
    const bytes = await readBody(request, limits.http.apiBodyBytes, budget);
    budget.giveBack(bytes.length);
    const asked = parseRequest(jsonOf(bytes), Body);
    const remote = deps.clientAddress(request.socket.remoteAddress, request.headersDistinct['x-forwarded-for']);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    answer(
      response,
      await deps.requestReconcile({ ...asked, requester: 'operator', remote }, wait, AbortSignal.any([gone.signal, deps.shutdown])),
    );
  });
}

function answer(response: Response, stories: readonly Story[]): void {
  const decisions = stories.flatMap((story) => story.decisions);
  const reconciles = stories.flatMap((story) => story.reconciles);
  if (decisions.length > 0 && decisions.every(({ verdict }) => verdict !== 'allow')) {
    const reasons = decisions.flatMap((decision) => decision.reasons);
    const message = [...new Set(reasons.map((reason) => reason.message))].join('; ') || 'no policy allows it';
    return sendProblem(response, new HeadgateError('DENIED', message), { reasons, decisions: decisions.map(({ id }) => id) });
  }
  const isOver = reconciles.length > 0 && reconciles.every(({ state }) => state === 'ended');
  sendJson(response, isOver ? 200 : 202, { stories });
}
