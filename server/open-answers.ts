import { createKustomize } from '#adapters/kustomize/renderer.ts';
import type { ManifestChecks } from '#core/ports/manifest-checks.ts';
import { explainRequest } from '#handlers/explain-request.ts';
import type { Preflighting } from '#handlers/preflight/preflight.ts';
import { preflight } from '#handlers/preflight/preflight.ts';
import { replayDeliveries } from '#handlers/replay.ts';
import { awaitStory, requestReconcile } from '#handlers/request.ts';
import { namespaceAccess } from '#handlers/source-rights.ts';
import type { AccessDeps } from '#server/routes/access.ts';
import type { ExplainDeps } from '#server/routes/explain.ts';
import type { PreflightDeps } from '#server/routes/preflight.ts';
import type { ReplayDeps } from '#server/routes/replays.ts';
import type { ReconcileDeps } from '#server/routes/request-reconcile.ts';
import type { StoryDeps } from '#server/routes/story.ts';

/** What requests and questions are answered from. */
export interface Asked {
  readonly requesting: Parameters<typeof requestReconcile>[0];
  readonly explaining: Parameters<typeof explainRequest>[0] &
    Parameters<typeof namespaceAccess>[0] &
    Parameters<typeof replayDeliveries>[0] &
    Omit<Preflighting, 'manifestChecks' | 'renderer'>;
  readonly clusters: { readonly manifestChecks: ManifestChecks };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the API answers by handlers: one function for each route that asks them. */
export type Answers = Pick<ReconcileDeps, 'requestReconcile'> &
  Pick<AccessDeps, 'access'> &
  Pick<ExplainDeps, 'explain'> &
  Pick<PreflightDeps, 'preflight'> &
  Pick<StoryDeps, 'story'> &
  Pick<ReplayDeps, 'replay'>;

export function openAnswers({ requesting, explaining, clusters, env }: Asked): Answers {
  const { manifestChecks } = clusters;
  const preflighting = { ...explaining, manifestChecks, renderer: createKustomize({ env }) };
  return {
    requestReconcile: (request, waitMs, signal) => requestReconcile(requesting, request, waitMs, signal),
    access: (asked) => namespaceAccess(explaining, asked),
    explain: (asked, asker) => explainRequest(explaining, asked, asker),
    preflight: (asked) => preflight(preflighting, asked),
    story: (change, waitMs, signal) => awaitStory(requesting, change, waitMs, signal),
    replay: (asked) => replayDeliveries(explaining, asked),
  };
}
