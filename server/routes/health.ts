import { Router } from 'express';
import type { Checkpoints } from '#core/ports/checkpoints.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { DeliveryLog } from '#core/ports/journal.ts';
import type { SinkHealth } from '#core/ports/sink.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { answerProbe, mark, sourceLine } from '#server/routes/probe-answer.ts';

export interface HealthDeps {
  readonly journal: Pick<DeliveryLog, 'writable'>;
  readonly checkpoints: Checkpoints;
  readonly inventory: Pick<Inventory, 'health'>;
  readonly sources: ReadonlyMap<string, SourceAdapter>;
  /** How far those are who are told of news. */
  readonly sinks: { health(): Promise<readonly SinkHealth[]> };
  readonly shutdown: AbortSignal;
  readonly log: Log;
}

/**
 * `/healthz`: the process answers. `/readyz`: a delivery can be journalled, and nothing else, because a cluster that is
 * away must not take the receiver out of its load balancer. `?verbose` lists checkpoints, clusters, sources and sinks without judging by them.
 */
export function healthRoutes(deps: HealthDeps): Router {
  const ready = sharedProbe(deps);
  return Router()
    .get('/healthz', function healthz(_request, response) {
      answerProbe(response, true, ['ok']);
    })
    .get('/readyz', async function readyz(request, response) {
      const isReady = await ready();
      const verbose = new URLSearchParams(request.url.split('?')[1]).has('verbose');
      const verdict = isReady ? 'ok' : deps.shutdown.aborted ? 'shutting down' : 'deliveries cannot be stored';
      answerProbe(response, isReady, verbose ? [...(await details(deps, isReady)), verdict] : [verdict]);
    });
}

/** Probes that come while one is under way share its answer: a write each would be an easy way to keep the disk busy. */
function sharedProbe({ journal, shutdown }: HealthDeps): () => Promise<boolean> {
  let running: Promise<boolean> | undefined;
  return function ready() {
    if (shutdown.aborted) return Promise.resolve(false);
    running ??= journal.writable().finally(() => {
      running = undefined;
    });
    return running;
  };
}

async function details({ checkpoints, inventory, sources, sinks }: HealthDeps, isReady: boolean): Promise<readonly string[]> {
  return [
    `${mark(isReady)} journal`,
    ...checkpointLines(checkpoints),
    ...inventory
      .health()
      .map(
        ({ cluster, state, message }) =>
          `${mark(state === 'synced')} cluster ${cluster}: ${state}${message === null ? '' : ` (${message})`}`,
      ),
    ...[...sources.values()].map(sourceLine),
    ...(await sinks.health()).map(({ name, trouble }) => `${mark(trouble === null)} sink ${name}${trouble ? `: ${trouble.message}` : ''}`),
  ];
}

function checkpointLines(checkpoints: Checkpoints): readonly string[] {
  const health = checkpoints.health();
  if (health === null) return [];
  return [`${mark(health.trouble === null)} checkpoints${health.trouble === null ? '' : `: ${health.trouble.message}`}`];
}
