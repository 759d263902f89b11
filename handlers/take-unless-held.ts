import { HeadgateError } from '#core/errors.ts';
import type { Lease, Work } from '#core/ports/journal.ts';
import type { Log } from '#core/ports/telemetry.ts';

interface Taking {
  readonly journal: Pick<Work, 'take'>;
  readonly log: Log;
}

/**
 * Leases a target as the journal does; undefined also while another process has it. That is no failure, so nobody backs off from it:
 * the target is looked at again when somebody announces it, or at the queue's next look into the journal.
 */
export async function takeUnlessHeld({ journal, log }: Taking, target: string): Promise<Lease | undefined> {
  try {
    return await journal.take(target);
  } catch (error) {
    if (!(error instanceof HeadgateError) || error.code !== 'TARGET_LEASED') throw error;
    log.debug('another process works on the target', { target, why: error.message });
    return undefined;
  }
}
