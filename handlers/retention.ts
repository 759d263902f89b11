import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import type { Upkeep } from '#core/ports/journal.ts';
import type { Log } from '#core/ports/telemetry.ts';

/** How long things are kept, milliseconds. */
export interface Retention {
  readonly bodies: number;
  readonly records: number;
}

/** Deletes what has outlived its retention. A failure is logged and left to the next time. */
export async function retain(journal: Pick<Upkeep, 'prune'>, retention: Retention, clock: Clock, log: Log): Promise<void> {
  const now = clock.now();
  try {
    const { bodies, records } = await journal.prune({ bodies: now - retention.bodies, records: now - retention.records });
    if (bodies + records > 0) log.info('retention has deleted from the journal', { bodies, records });
  } catch (error) {
    log.warn('retention could not delete from the journal, will retry', { error: messageOf(error) });
  }
}
