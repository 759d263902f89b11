import { Router } from 'express';
import { HeadgateError } from '#core/errors.ts';
import type { Archive, Story } from '#core/ports/journal.ts';
import { isSameSubject } from '#core/subject.ts';
import { callerOf, type Caller, type CallersDeps } from '#server/callers.ts';
import { sendJson } from '#server/json-answer.ts';
import { parseQuery } from '#server/query.ts';
import { WaitQuery } from '#server/wait-query.ts';

export interface StoryDeps extends CallersDeps {
  /**
   * Everything that came of a change.
   * @param waitMs how long to wait until all of it has ended; 0 answers at once
   * @param signal aborted when the client has gone
   */
  readonly story: (change: string, waitMs: number, signal: AbortSignal) => Promise<Story | undefined>;
  readonly journal: Pick<Archive, 'brought'>;
  readonly shutdown: AbortSignal;
}

/** `GET /v1/changes/{id}[?wait=]`: a change with everything that came of it, and what came with it by way of a review system. Whoever asks with a token of an issuer sees what came of requests of their own. */
export function storyRoute(deps: StoryDeps): Router {
  return Router({ caseSensitive: true, strict: true }).get('/v1/changes/:id', async function showStory(request, response) {
    const caller = await callerOf(deps, request);
    const { wait } = parseQuery(request, WaitQuery);
    const id = request.params['id'] ?? '';
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const now = await deps.story(id, 0, gone.signal);
    if (now === undefined || !mayRead(caller, now)) throw new HeadgateError('NOT_FOUND', `there is no change ${id}`);
    const story = wait > 0 ? await deps.story(id, wait, AbortSignal.any([gone.signal, deps.shutdown])) : now;
    sendJson(response, 200, { ...story, brought: await deps.journal.brought(id) });
  });
}

function mayRead(caller: Caller, { change }: Story): boolean {
  return (
    caller === 'operator' || caller.isReader === true || (change.subject !== undefined && isSameSubject(change.subject, caller.subject))
  );
}
