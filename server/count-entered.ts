import type { NewDelivery } from '#core/delivery.ts';
import type { Journal } from '#core/ports/journal.ts';
import type { Metrics } from '#core/ports/telemetry.ts';

/** The same journal; deliveries that come otherwise than by a webhook are counted when they are new. Webhooks are counted where they are answered. */
export function countEntered(journal: Journal, metrics: Pick<Metrics, 'entered'>): Journal {
  const append = async (delivery: NewDelivery): ReturnType<Journal['append']> => {
    const appended = await journal.append(delivery);
    if (!appended.known) metrics.entered(delivery.source, delivery.kind);
    return appended;
  };
  return { ...journal, append: (delivery) => (delivery.kind === 'webhook' ? journal.append(delivery) : append(delivery)) };
}
