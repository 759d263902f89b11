import type { QueueConfig } from '#config/stores-schema.ts';
import type { SecretRef } from '#config/secret-ref.ts';
import type { Clock } from '#core/clock.ts';
import type { Work } from '#core/ports/journal.ts';
import type { Queue } from '#core/ports/queue.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { openBullQueue } from '#queue/bullmq.ts';
import { embeddedQueue } from '#queue/embedded.ts';

export interface QueueOpening {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Pick<Work, 'dirty'>;
  readonly secret: (ref: SecretRef) => Buffer;
}

/** Opens the queue that the config names; a Redis that is away delays nothing. @throws HeadgateError SECRET_UNAVAILABLE */
export async function openQueue(config: QueueConfig, { clock, log, journal, secret }: QueueOpening): Promise<Queue> {
  const common = { clock, log, rescan: () => journal.dirty() };
  return config.redis ? openBullQueue({ ...common, url: secret(config.redis.url).toString('utf8') }) : embeddedQueue(common);
}
