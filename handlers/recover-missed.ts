import type { Clock } from '#core/clock.ts';
import type { NewDelivery } from '#core/delivery.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { limits } from '#core/limits.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { Archive, DeliveryLog } from '#core/ports/journal.ts';
import type { RecoveredDelivery, SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Log } from '#core/ports/telemetry.ts';

export interface Recovering {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Pick<DeliveryLog, 'append'> & Pick<Archive, 'knownDeliveries'>;
  readonly inventory: Pick<Inventory, 'sources'>;
  /** A delivery has been entered. */
  readonly onAccepted: () => void;
}

/**
 * Enters what a source has on its own record of deliveries and the journal has not: those that failed or never came.
 * They take the way of every delivery, so what is old news by now deploys nothing.
 * @returns how many were entered; 0 where a source keeps no record that can be asked
 * @throws HeadgateError as SourceAdapter.missed, JOURNAL_UNAVAILABLE
 */
export async function recoverMissed(deps: Recovering, adapter: SourceAdapter): Promise<number> {
  if (!adapter.missed) return 0;
  const { clock, journal, log } = deps;
  const repositories = [...new Set(deps.inventory.sources().flatMap(({ url }) => adapter.repositoryAt(url) ?? []))];
  const known = (ids: readonly string[]): Promise<ReadonlySet<string>> => journal.knownDeliveries(adapter.name, ids);
  const { deliveries, unread } = await adapter.missed({ since: clock.now() - limits.sweep.recoveryWindow, repositories, known });
  if (unread.length > 0) log.debug('the record of some webhooks may not be read', { source: adapter.name, owners: unread });
  let entered = 0;
  try {
    for await (const delivery of deliveries) if (await enter(deps, adapter, delivery)) entered++;
  } finally {
    // What was entered before the source failed stays: it is not fetched again.
    if (entered > 0) {
      log.info('deliveries that never came were taken from the record of the source', { source: adapter.name, entered });
      deps.onAccepted();
    }
  }
  return entered;
}

async function enter({ clock, journal, log }: Recovering, adapter: SourceAdapter, recovered: RecoveredDelivery): Promise<boolean> {
  const { at: _at, ...received } = recovered;
  try {
    const reading = adapter.read(recovered.event, recovered.body, recovered.headers);
    const told = { id: newId('dlv', clock), source: adapter.name, kind: 'recovered', receivedAt: clock.now(), remote: '' } as const;
    const delivery: NewDelivery = { ...told, ...received, reading };
    return !(await journal.append(delivery)).known;
  } catch (error) {
    if (error instanceof HeadgateError && error.code === 'JOURNAL_UNAVAILABLE') throw error;
    log.warn('a delivery on the record of the source cannot be read', {
      source: adapter.name,
      deliveryId: recovered.deliveryId,
      error: messageOf(error),
    });
    return false;
  }
}
