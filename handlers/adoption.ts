import type { Announcer } from '#core/announcements.ts';
import { every, type Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Archive, Work } from '#core/ports/journal.ts';
import type { Log } from '#core/ports/telemetry.ts';
import type { OutcomeHandler } from '#handlers/outcome.ts';

export interface Adopting {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Pick<Work, 'observing'> & Pick<Archive, 'reconcile'>;
  readonly announcer: Announcer;
}

/**
 * Has the outcomes of what other processes asked Flux for observed too, as soon as they announce it, and at the latest after
 * limits.outcome.adopt, until `stopping` is disposed.
 */
export function adoptOutcomes(deps: Adopting, outcomes: Pick<OutcomeHandler, 'follow'>, stopping: AsyncDisposableStack): void {
  const { clock, log, journal, announcer } = deps;
  const attempt = async (look: () => Promise<void>): Promise<void> => {
    try {
      await look();
    } catch (error) {
      log.warn('what other processes asked for could not be read, will retry', { error: messageOf(error) });
    }
  };
  const adopt = async (id: string): Promise<void> => {
    const reconcile = await journal.reconcile(id);
    if (reconcile?.state === 'observing') outcomes.follow(reconcile);
  };
  const unsubscribe = announcer.subscribe(({ kind, id }, isOwn) => {
    if (kind === 'reconcile' && !isOwn) void attempt(() => adopt(id));
  });
  stopping.defer(unsubscribe);
  stopping.defer(
    every(clock, limits.outcome.adopt, () =>
      attempt(async () => {
        for (const reconcile of await journal.observing()) outcomes.follow(reconcile);
      }),
    ),
  );
}
