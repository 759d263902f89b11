import { Router } from 'express';
import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import type { ClusterHealth, Inventory } from '#core/ports/clusters.ts';
import type { DeliveryLog, Upkeep } from '#core/ports/journal.ts';
import type { Queue, QueueStats } from '#core/ports/queue.ts';
import type { StreamHealth } from '#core/ports/event-stream.ts';
import type { SinkHealth } from '#core/ports/sink.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { sendJson } from '#server/json-answer.ts';
import { parseQuery } from '#server/query.ts';

export interface StatusDeps {
  readonly version: string;
  readonly clock: Clock;
  readonly inventory: Pick<Inventory, 'health'>;
  readonly sources: ReadonlyMap<string, SourceAdapter>;
  readonly queue: Pick<Queue, 'stats'>;
  /** How far those are who are told of news. */
  readonly sinks: { health(): Promise<readonly SinkHealth[]> };
  readonly journal: Pick<DeliveryLog, 'writable'> & Pick<Upkeep, 'counts'>;
}

/** What `GET /v1/status` answers; `headgate check` prints it. */
export interface Status {
  readonly version: string;
  readonly startedAt: number;
  readonly uptimeSeconds: number;
  readonly clusters: readonly ClusterHealth[];
  /** `stream`: how the connection stands that is listened to; null where this server listens to none. */
  readonly sources: readonly { readonly name: string; readonly type: string; readonly stream: StreamStatus | null }[];
  readonly sinks: readonly SinkHealth[];
  readonly queue: QueueStats;
  readonly journal: Awaited<ReturnType<Upkeep['counts']>> & { readonly writable: boolean };
}

/** A stream as it stands; moments in milliseconds since the epoch. */
interface StreamStatus extends Pick<StreamHealth, 'state' | 'message' | 'heardAt' | 'retryAt'> {
  /** Since when it is in this state. */
  readonly enteredAt: number;
}

/** `GET /v1/status`. */
export function statusRoute(deps: StatusDeps): Router {
  const startedAt = deps.clock.now();
  const started = deps.clock.monotonic();
  return Router({ caseSensitive: true, strict: true }).get('/v1/status', async function status(request, response) {
    parseQuery(request, z.strictObject({}));
    const [counts, writable, sinks] = await Promise.all([deps.journal.counts(), deps.journal.writable(), deps.sinks.health()]);
    sendJson(response, 200, {
      version: deps.version,
      startedAt,
      uptimeSeconds: Math.floor((deps.clock.monotonic() - started) / 1_000),
      clusters: deps.inventory.health(),
      sources: [...deps.sources.values()].map(({ name, type, stream }) => ({
        name,
        type,
        stream: stream ? streamStatus(stream.health()) : null,
      })),
      sinks,
      queue: deps.queue.stats(),
      journal: { ...counts, writable },
    } satisfies Status);
  });
}

function streamStatus({ since, ...health }: StreamHealth): StreamStatus {
  return { ...health, enteredAt: since };
}
