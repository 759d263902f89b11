import { Router, type Request } from 'express';
import type { Metrics } from '#core/ports/telemetry.ts';
import type { Archive } from '#core/ports/journal.ts';
import type { Records } from '#core/ports/records.ts';
import { mayStillRead } from '#server/callers.ts';
import type { EventStreamsDeps } from '#server/event-stream.ts';
import { requireOperator } from '#server/middleware/require-operator.ts';
import { accessRoute, type AccessDeps } from '#server/routes/access.ts';
import { actorsRoute, type ActorsDeps } from '#server/routes/actors.ts';
import { changes } from '#server/routes/changes.ts';
import { checksRoute, type ChecksDeps } from '#server/routes/checks.ts';
import { decisions } from '#server/routes/decisions.ts';
import { deliveries } from '#server/routes/deliveries.ts';
import { explainRoute, type ExplainDeps } from '#server/routes/explain.ts';
import { listingRoutes } from '#server/routes/listing.ts';
import { createLoginRoute } from '#server/routes/logins.ts';
import { personsRoute } from '#server/routes/persons.ts';
import { policiesRoutes, type PoliciesDeps } from '#server/routes/policies.ts';
import { policyReportRoute, type PolicyReportDeps } from '#server/routes/policy-report.ts';
import { preflightRoute, type PreflightDeps } from '#server/routes/preflight.ts';
import { reconciles } from '#server/routes/reconciles.ts';
import { records } from '#server/routes/records.ts';
import { replaysRoute, type ReplayDeps } from '#server/routes/replays.ts';
import { requestReconcileRoute, type ReconcileDeps } from '#server/routes/request-reconcile.ts';
import type { PolicyViewDeps } from '#server/policy-views.ts';
import { sessionRoute } from '#server/routes/session.ts';
import { statusRoute, type StatusDeps } from '#server/routes/status.ts';
import { storyRoute, type StoryDeps } from '#server/routes/story.ts';
import { targetsRoutes, type TargetsDeps } from '#server/routes/targets.ts';
import type { Sessions } from '#server/sessions.ts';
import { WatchStreams, type WatchDeps } from '#server/watch-stream.ts';

export interface ApiDeps
  extends Omit<TargetsDeps, 'inventory' | 'archive'>,
    Omit<StatusDeps, 'inventory' | 'journal'>,
    Omit<PolicyReportDeps, 'archive'>,
    PoliciesDeps,
    AccessDeps,
    Pick<ActorsDeps, 'people'>,
    ReconcileDeps,
    StoryDeps,
    Pick<PolicyViewDeps, 'policySet'>,
    ReplayDeps,
    ExplainDeps,
    Pick<PreflightDeps, 'preflight' | 'sources'>,
    ChecksDeps,
    Omit<WatchDeps, 'streams'>,
    EventStreamsDeps {
  readonly metrics: Pick<Metrics, 'streams' | 'loggedIn'>;
  readonly journal: Archive & Pick<Records, 'records' | 'record' | 'erasePerson'> & StatusDeps['journal'];
  readonly inventory: TargetsDeps['inventory'];
  /** Names under which this listener is reached, besides addresses and `localhost`: `spec.web.hosts`. */
  readonly hosts: readonly string[];
}

/** What the API and the pages share. */
interface Shared extends Pick<WatchDeps, 'streams'> {
  readonly sessions: Pick<Sessions, 'createCode'>;
}

/** Everything under `/v1`: what verified subjects may ask, which looks at tokens itself, and all the rest behind the operator's token, or a session for reading. */
export function apiRoutes(deps: ApiDeps & Shared): Router {
  const { journal, clock } = deps;
  const listing = { streams: new WatchStreams(deps), mayStillRead: (request: Request) => mayStillRead(deps, request) };
  return Router()
    .use(requestReconcileRoute(deps))
    .use(explainRoute(deps))
    .use(preflightRoute(deps))
    .use(storyRoute(deps))
    .use(sessionRoute(deps))
    .use(requireOperator(deps))
    .use(listingRoutes(deliveries(journal, clock), listing))
    .use(listingRoutes(changes(journal, clock), listing))
    .use(listingRoutes(decisions(journal, clock), listing))
    .use(listingRoutes(reconciles(journal, clock), listing))
    .use(listingRoutes(records(journal, clock), listing))
    .use(personsRoute(journal))
    .use(replaysRoute(deps))
    .use(createLoginRoute(deps.sessions))
    .use(targetsRoutes({ inventory: deps.inventory, archive: journal }))
    .use(policiesRoutes(deps))
    .use(accessRoute(deps))
    .use(actorsRoute({ ...deps, archive: journal }))
    .use(policyReportRoute({ ...deps, archive: journal }))
    .use(statusRoute(deps))
    .use(checksRoute(deps));
}
