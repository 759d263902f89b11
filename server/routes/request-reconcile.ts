import { Router, type Response } from 'express';
import { z } from 'zod';
import { fullCommitId } from '#core/commit-id.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Story } from '#core/ports/journal.ts';
import { describeSubject, type Subject } from '#core/subject.ts';
import { ByteBudget } from '#server/byte-budget.ts';
import { callerOf, remoteOf, type Caller, type CallersDeps } from '#server/callers.ts';
import { sendJson } from '#server/json-answer.ts';
import { jsonOf } from '#server/json-body.ts';
import { sendProblem } from '#server/problem.ts';
import { parseQuery, parseRequest } from '#server/query.ts';
import { readBody } from '#server/read-body.ts';
import { WaitQuery } from '#server/wait-query.ts';

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

/** What is asked for, and by whom. */
export type ReconcileRequest = z.infer<typeof Body> & {
  readonly requester: string;
  readonly remote: string;
  /** Whoever asks by a token of a configured issuer; absent for the operator. */
  readonly by?: { readonly subject: Subject; readonly token: string };
};

export interface ReconcileDeps extends CallersDeps {
  /**
   * Takes a request through the flow like any change.
   * @param waitMs how long to wait for outcomes; 0 answers as soon as it is decided
   * @param signal aborted when the client has gone
   */
  readonly requestReconcile: (request: ReconcileRequest, waitMs: number, signal: AbortSignal) => Promise<readonly Story[]>;
  readonly shutdown: AbortSignal;
}

/**
 * `POST /v1/reconciles`: 202 with what was decided and began, 200 when all of it has ended within `?wait=`, 403 when nothing is allowed.
 * A token of an issuer is good for one request, which may be sent again while the token lives.
 */
export function requestReconcileRoute(deps: ReconcileDeps): Router {
  const budget = new ByteBudget(limits.http.inFlightBytes);
  return Router({ caseSensitive: true, strict: true }).post('/v1/reconciles', async function requestReconcile(request, response) {
    if (deps.shutdown.aborted) throw new HeadgateError('SHUTTING_DOWN', 'the server is stopping');
    const caller = await callerOf(deps, request);
    const { wait } = parseQuery(request, WaitQuery);
    const held = budget.hold();
    const bytes = await readBody(request, limits.http.apiBodyBytes, held);
    held.release();
    const asked = parseRequest(jsonOf(bytes), Body);
    const remote = remoteOf(deps, request);
    if (caller !== 'operator' && !caller.isReader) deps.tokens?.use(caller, JSON.stringify(asked), remote);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const stories = await deps.requestReconcile(
      { ...asked, ...requesterOf(caller), remote },
      wait,
      AbortSignal.any([gone.signal, deps.shutdown]),
    );
    answer(response, stories);
  });
}

function requesterOf(caller: Caller): Pick<ReconcileRequest, 'requester' | 'by'> {
  if (caller === 'operator') return { requester: 'operator' };
  return { requester: describeSubject(caller.subject), by: { subject: caller.subject, token: caller.id } };
}

function answer(response: Response, stories: readonly Story[]): void {
  const decisions = stories.flatMap((story) => story.decisions);
  const urls = stories.map(({ change }) => `/v1/changes/${change.id}`);
  const reconciles = stories.flatMap((story) => story.reconciles);
  if (decisions.length > 0 && decisions.every(({ verdict }) => verdict !== 'allow')) {
    const reasons = decisions.flatMap((decision) => decision.reasons);
    const message = [...new Set(reasons.map((reason) => reason.message))].join('; ') || 'no policy allows it';
    return sendProblem(response, new HeadgateError('DENIED', message), { reasons, decisions: decisions.map(({ id }) => id), urls });
  }
  const isOver = reconciles.length > 0 && reconciles.every(({ state }) => state === 'ended');
  sendJson(response, isOver ? 200 : 202, { stories, urls });
}
