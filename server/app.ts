import type { RequestListener, ServerResponse } from 'node:http';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { HeadgateError } from '#core/errors.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { EventStreams } from '#server/event-stream.ts';
import { requireHost } from '#server/middleware/require-host.ts';
import { sendProblem, toShown } from '#server/problem.ts';
import { healthRoutes, type HealthDeps } from '#server/routes/health.ts';
import { listenHealthRoutes, type ListenHealthDeps } from '#server/routes/listen-health.ts';
import { hooksHandler, type HooksDeps } from '#server/routes/hooks.ts';
import { apiRoutes, type ApiDeps } from '#server/routes/api.ts';
import { pagesRoutes } from '#server/routes/pages.ts';
import { Sessions } from '#server/sessions.ts';
import type { PrometheusMetrics } from '#server/metrics.ts';

export type { ApiDeps, HealthDeps, HooksDeps };

/**
 * The public listener: `POST /hooks/{source}`, and `/hooks/{source}/{secret}` of sources whose senders show their secret there. A path that
 * names a source as it is written is answered before Express, which takes about 7 % of the main thread's time to find the one route; whatever
 * else there is, Express answers.
 */
export function buildWebhookApp(deps: HooksDeps): RequestListener {
  const hooks = hooksHandler(deps);
  const bySource = new Map([...deps.sources].map(([name, adapter]) => [`/hooks/${name}`, adapter]));
  const app = bareApp();
  app.all('/hooks/:source', (request, response) => hooks(request, response, deps.sources.get(request.params.source)));
  app.all('/hooks/:source/:secret', (request, response, next) => {
    const adapter = deps.sources.get(request.params.source);
    return adapter?.takesPathSecret ? hooks(request, response, adapter, request.params.secret) : next();
  });
  finished(app, deps.log);
  return function webhook(request, response) {
    const [adapter, pathSecret] = addressed(bySource, request.url ?? '');
    if (!adapter) return void app(request, response);
    hooks(request, response, adapter, pathSecret).catch((error: unknown) => answerFailure(error, response, deps.log));
  };
}

/** Whom a path means as it is written, and what follows the name where that needs no decoding. */
function addressed(bySource: ReadonlyMap<string, SourceAdapter>, path: string): readonly [SourceAdapter?, string?] {
  const adapter = bySource.get(path);
  if (adapter) return [adapter];
  const cut = path.indexOf('/', '/hooks/'.length);
  const known = cut < 0 ? undefined : bySource.get(path.slice(0, cut));
  const rest = path.slice(cut + 1);
  return known?.takesPathSecret && isPlain.test(rest) ? [known, rest] : [];
}

/** Unreserved characters (RFC 3986 section 2.3), as secrets in URLs mostly are. */
const isPlain = /^[A-Za-z0-9._~-]+$/;

/** The listener of people, pipelines and the CLI: `/v1/…` and the pages. */
export function buildWebApp(deps: ApiDeps): Express {
  const app = bareApp();
  const shared = { ...deps, streams: new EventStreams(deps), sessions: new Sessions(deps.clock) };
  app.use(requireHost(deps.hosts), pagesRoutes(shared), apiRoutes(shared));
  return finished(app, deps.log);
}

/** The probes: `/healthz`, `/readyz`. */
export function buildHealthApp(deps: HealthDeps): Express {
  const app = bareApp();
  app.use(healthRoutes(deps));
  return finished(app, deps.log);
}

/** The same of a process that listens apart. */
export function buildListenHealthApp(deps: ListenHealthDeps): Express {
  const app = bareApp();
  app.use(listenHealthRoutes(deps));
  return finished(app, deps.log);
}

/** `/metrics` in Prometheus text format. */
export function buildMetricsApp(deps: { readonly metrics: Pick<PrometheusMetrics, 'text' | 'contentType'>; readonly log: Log }): Express {
  const app = bareApp();
  app.get('/metrics', async function metrics(_request, response) {
    const text = await deps.metrics.text();
    response.writeHead(200, { 'content-type': deps.metrics.contentType }).end(text);
  });
  return finished(app, deps.log);
}

/** Express without what costs time or talks: no query parser, no ETags, no name of itself. */
function bareApp(): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false).enable('case sensitive routing').enable('strict routing');
  return app;
}

function finished(app: Express, log: Log): Express {
  app.use(function notFound(_request: Request, response: Response) {
    sendProblem(response, new HeadgateError('NOT_FOUND', 'nothing is served at this path'));
  });
  app.use(function failed(thrown: unknown, _request: Request, response: Response, _next: NextFunction) {
    answerFailure(thrown, response, log);
  });
  return app;
}

function answerFailure(thrown: unknown, response: ServerResponse, log: Log): void {
  const error = toShown(thrown);
  if (error.code === 'INTERNAL') log.error('request failed by a defect', { error: error.cause });
  sendProblem(response, error);
}
