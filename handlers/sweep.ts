import type { Clock } from '#core/clock.ts';
import type { HeadgateError } from '#core/errors.ts';
import { forEachAtOnce } from '#core/for-each-at-once.ts';
import { limits } from '#core/limits.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { Archive, DeliveryLog } from '#core/ports/journal.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { lookAt, type Entered, type Look } from '#handlers/look.ts';
import { pushersOf } from '#handlers/pushers.ts';
import { unheardHead, type WatchedRef } from '#handlers/unheard.ts';
import { watchedRefs } from '#handlers/watched.ts';

export interface Sweeping {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Pick<DeliveryLog, 'append'> & Pick<Archive, 'changes'>;
  readonly inventory: Pick<Inventory, 'sources'>;
  /** A delivery has been entered. */
  readonly onAccepted: () => void;
}

/** What a sweep came to. */
export interface Swept {
  readonly refs: number;
  /** Heads that no change told of. */
  readonly entered: readonly WatchedRef[];
  /** Repositories and refs that the source does not let us look at. */
  readonly refused: readonly HeadgateError[];
}

/**
 * Looks at everything that is followed of a source (look.ts), and enters what nothing told of as deliveries of kind `sweep`. Refs of one repository are
 * asked for together; what the source refuses hides nothing else.
 * @throws HeadgateError as ReadBack but SOURCE_REFUSED, JOURNAL_UNAVAILABLE
 */
export async function sweepSource(deps: Sweeping, adapter: SourceAdapter, readBack: ReadBack, cause: string): Promise<Swept> {
  const watched = watchedRefs(deps.inventory.sources(), adapter);
  const entered: Entered[] = [];
  const look = lookFor(deps, adapter.name, readBack, { cause, entered });
  const repositories = Map.groupBy(watched, ({ follows }) => follows.repository);
  try {
    await forEachAtOnce(repositories, limits.sweep.atOnce, async ([repository, group]) => void (await lookAt(look, repository, group)));
  } finally {
    if (entered.length > 0) deps.onAccepted();
  }
  return { refs: watched.length, entered, refused: look.refused };
}

function lookFor(
  { clock, journal, log }: Sweeping,
  source: string,
  readBack: ReadBack,
  { cause, entered }: { readonly cause: string; readonly entered: Entered[] },
): Look {
  return {
    source,
    journal,
    readBack,
    refused: [],
    moversOf: (of, { commit }, known) => pushersOf(readBack, of, known, commit),
    deliveryOf: (of, head, told) => unheardHead(clock, of, head, { ...told, cause }),
    onEntered: (one) => {
      entered.push(one);
      const { repository, ref, head } = one;
      log.info('a sweep found a head that nothing told of', { source, repository, ref, revision: head.commit });
    },
  };
}
