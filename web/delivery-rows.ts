import type { Delivery } from '#core/delivery.ts';
import { formatDuration } from '#core/format-duration.ts';
import { badge } from './badge.ts';
import { html, type Html } from './html.ts';
import { deliveryPath, shortRef } from './names.ts';
import { deliveryStatus } from './target-stories.ts';
import { age } from './time.ts';

/** A table of deliveries, in the order given. */
export function deliveryTable(items: readonly Delivery[], now: number): Html {
  return html`<table class="list">
<thead><tr><th scope="col">Delivery</th><th scope="col">State</th><th scope="col">Event</th><th scope="col">Source</th><th scope="col">Handled in</th><th scope="col">Received</th></tr></thead>
<tbody>${items.map((item) => row(item, now))}</tbody>
</table>`;
}

function row(delivery: Delivery, now: number): Html {
  const { id, hint, source, receivedAt, settledAt, reason } = delivery;
  const name = hint === null ? html`${delivery.deliveryId}` : html`${hint.repository} <span class="ref">${shortRef(hint.ref)}</span>`;
  return html`<tr id="row-${id}">
<td><a class="main-link" href="${deliveryPath(id)}">${name}</a>${reason !== null && html`<p class="detail">${reason}</p>`}</td>
<td class="badges">${badge(deliveryStatus(delivery))}</td>
<td data-label="Event">${eventWord(delivery)}</td>
<td data-label="Source">${source}</td>
<td data-label="Handled in">${settledAt === null ? '–' : formatDuration(settledAt - receivedAt)}</td>
<td data-label="Received">${age(receivedAt, now)}</td>
</tr>`;
}

const ways: Readonly<Record<Delivery['kind'], string>> = {
  webhook: '',
  stream: ', from its stream',
  request: ', through the API',
  sweep: ', seen by a look',
  look: ', seen by a look that news asked for',
  recovered: ', from its record',
  replay: ', replayed',
};

/** The source's word for what happened, and how it came when that was not by webhook. */
export function eventWord({ event, kind }: Pick<Delivery, 'event' | 'kind'>): string {
  return `${event}${ways[kind]}`;
}
