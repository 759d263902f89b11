import { Router } from 'express';
import type { Archive } from '#core/ports/journal.ts';
import { requireHost } from '#server/middleware/require-host.ts';
import { requireOperator } from '#server/middleware/require-operator.ts';
import type { OperatorToken } from '#server/operator-token.ts';
import { changes } from '#server/routes/changes.ts';
import { checksRoute, type ChecksDeps } from '#server/routes/checks.ts';
import { decisions } from '#server/routes/decisions.ts';
import { deliveries } from '#server/routes/deliveries.ts';
import { listingRoutes } from '#server/routes/listing.ts';
import { policiesRoutes, type PoliciesDeps } from '#server/routes/policies.ts';
import { reconciles } from '#server/routes/reconciles.ts';
import { requestReconcileRoute, type ReconcileDeps } from '#server/routes/request-reconcile.ts';
import { statusRoute, type StatusDeps } from '#server/routes/status.ts';
import { targetsRoutes, type TargetsDeps } from '#server/routes/targets.ts';
import { WatchStreams, type WatchDeps } from '#server/watch-stream.ts';

export interface ApiDeps
  extends Omit<TargetsDeps, 'inventory' | 'archive'>,
    Omit<StatusDeps, 'inventory' | 'journal'>,
    PoliciesDeps,
    ReconcileDeps,
    ChecksDeps,
    WatchDeps {
  readonly journal: Archive & StatusDeps['journal'];
  readonly inventory: TargetsDeps['inventory'];
  readonly operatorToken: Pick<OperatorToken, 'accepts'>;
  /** Reading needs no token: the sandbox. */
  readonly openReading: boolean;
  /** Names under which this listener is reached, besides addresses and `localhost`: `spec.web.hosts`. */
  readonly hosts: readonly string[];
}

/** Everything under `/v1`, behind the Host check and the operator's token. */
export function apiRoutes(deps: ApiDeps): Router {
  const { journal, clock } = deps;
  const streams = new WatchStreams(deps);
  return Router()
    .use(requireHost(deps.hosts), requireOperator(deps.operatorToken, deps.openReading))
    .use(listingRoutes(deliveries(journal, clock), streams))
    .use(listingRoutes(changes(journal, clock), streams))
    .use(listingRoutes(decisions(journal, clock), streams))
    .use(listingRoutes(reconciles(journal, clock), streams))
    .use(requestReconcileRoute(deps))
    .use(targetsRoutes({ inventory: deps.inventory, archive: journal }))
    .use(policiesRoutes(deps))
    .use(statusRoute(deps))
    .use(checksRoute(deps));
}
