import type { Delivery } from '#core/delivery.ts';
import { formatDuration } from '#core/format-duration.ts';
import { badge } from './badge.ts';
import { filterForm, pager, type Field } from './filters.ts';
import { html, type Html } from './html.ts';
import { page } from './layout.ts';
import { deliveryPath, shortRef } from './names.ts';
import { deliveryStatus } from './target-stories.ts';
import { age } from './time.ts';

export interface DeliveriesView {
  readonly items: readonly Delivery[];
  readonly next: string | null;
  /** The filters as asked for, by name; `cursor` too. */
  readonly query: Readonly<Record<string, string>>;
  readonly sources: readonly string[];
  readonly now: number;
}

/** `/deliveries`. */
export function deliveriesPage(view: DeliveriesView): string {
  const fields: readonly Field[] = [
    { name: 'source', label: 'Source', options: view.sources },
    { name: 'state', label: 'State', options: ['pending', 'done', 'ignored', 'dead'] },
    { name: 'event', label: 'Event', hint: 'push' },
    { name: 'repository', label: 'Repository' },
    { name: 'since', label: 'Since', hint: '1h' },
  ];
  return page({
    title: 'Deliveries',
    section: '/deliveries',
    live: `/deliveries?${new URLSearchParams({ ...view.query, watch: '1' }).toString()}`,
    before: html`<h1>Deliveries</h1>${filterForm('/deliveries', fields, view.query)}`,
    content: deliveriesContent(view),
  });
}

/** The part of it that is sent again. */
export function deliveriesContent({ items, next, query, now }: Omit<DeliveriesView, 'sources'>): Html {
  if (items.length === 0) return html`<p class="empty">No delivery fits. What a source sends is listed here as soon as it is on disk.</p>`;
  return html`<table class="list">
<thead><tr><th scope="col">Delivery</th><th scope="col">State</th><th scope="col">Event</th><th scope="col">Source</th><th scope="col">Handled in</th><th scope="col">Received</th></tr></thead>
<tbody>${items.map((item) => row(item, now))}</tbody>
</table>${pager('/deliveries', query, next)}`;
}

function row(delivery: Delivery, now: number): Html {
  const { id, hint, event, source, receivedAt, settledAt, reason } = delivery;
  const name = hint === null ? html`${delivery.deliveryId}` : html`${hint.repository} <span class="ref">${shortRef(hint.ref)}</span>`;
  return html`<tr id="row-${id}">
<td><a class="main-link" href="${deliveryPath(id)}">${name}</a>${reason !== null && html`<p class="detail">${reason}</p>`}</td>
<td class="badges">${badge(deliveryStatus(delivery))}</td>
<td data-label="Event">${event}</td>
<td data-label="Source">${source}</td>
<td data-label="Handled in">${settledAt === null ? '–' : formatDuration(settledAt - receivedAt)}</td>
<td data-label="Received">${age(receivedAt, now)}</td>
</tr>`;
}
