import { Router } from 'express';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { answerProbe, mark, sourceLine } from '#server/routes/probe-answer.ts';

export interface ListenHealthDeps {
  /** Those that are listened to. */
  readonly sources: readonly Pick<SourceAdapter, 'name' | 'type' | 'stream'>[];
  /** Why what was heard of a source could not be handed over at the last try; null when it could, or nothing was heard. */
  readonly trouble: (source: string) => string | null;
  readonly shutdown: AbortSignal;
  readonly log: Log;
}

/**
 * The probes of a process that listens apart. `/healthz`: the process answers. `/readyz`: each of its streams is listened to, so that a replacement is
 * ready when it hears, and not before. A server that does not take events is no reason to replace the listener: `?verbose` tells of it.
 */
export function listenHealthRoutes(deps: ListenHealthDeps): Router {
  return Router()
    .get('/healthz', function healthz(_request, response) {
      answerProbe(response, true, ['ok']);
    })
    .get('/readyz', function readyz(request, response) {
      const deaf = deps.sources.filter(({ stream }) => stream?.health().state !== 'streaming').map(({ name }) => name);
      const verdict = deps.shutdown.aborted ? 'shutting down' : deaf.length > 0 ? `not listening to ${deaf.join(', ')}` : 'ok';
      const verbose = new URLSearchParams(request.url.split('?')[1]).has('verbose');
      answerProbe(response, verdict === 'ok', verbose ? [...details(deps), verdict] : [verdict]);
    });
}

function details({ sources, trouble }: ListenHealthDeps): readonly string[] {
  return sources.flatMap((source) => {
    const why = trouble(source.name);
    return [sourceLine(source), `${mark(why === null)} hand-over of ${source.name}${why === null ? '' : `: ${why}`}`];
  });
}
