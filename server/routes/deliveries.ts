import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import type { Delivery } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import type { Archive, DeliveryFilter } from '#core/ports/journal.ts';
import { filterText, sinceParameter } from '#server/query.ts';
import { isAsked, type Listed } from '#server/routes/listing.ts';

/** `GET /v1/deliveries[/{id}]`: the id is ours, or the sender's. */
export function deliveries(archive: Pick<Archive, 'deliveries' | 'delivery'>, clock: Clock): Listed<Delivery, DeliveryFilter> {
  return {
    path: 'deliveries',
    kind: 'delivery',
    filters: z.object({
      source: filterText,
      state: z.enum(['pending', 'done', 'ignored', 'dead']).exactOptional(),
      event: filterText,
      repository: filterText,
      deliveryId: filterText,
      since: sinceParameter(clock),
      replayOf: filterText,
      cause: filterText,
    }),
    list: (filter, page) => archive.deliveries(filter, page),
    find: (id) => archive.delivery(id),
    show: async (id) => (await archive.delivery(id)) ?? bySender(archive, id),
    fits: (delivery, filter) =>
      isAsked(filter.source, delivery.source) &&
      isAsked(filter.state, delivery.state) &&
      isAsked(filter.event, delivery.event) &&
      isAsked(filter.repository, delivery.hint?.repository) &&
      isAsked(filter.deliveryId, delivery.deliveryId) &&
      isAsked(filter.replayOf, delivery.replayOf) &&
      isAsked(filter.cause, delivery.cause) &&
      delivery.receivedAt >= (filter.since ?? 0),
  };
}

async function bySender(archive: Pick<Archive, 'deliveries'>, deliveryId: string): Promise<Delivery | undefined> {
  const [found, ...more] = (await archive.deliveries({ deliveryId }, { limit: 2, cursor: null })).items;
  if (more.length > 0) throw new HeadgateError('AMBIGUOUS', `several sources sent a delivery ${deliveryId}; give Headgate's own id`);
  return found;
}
