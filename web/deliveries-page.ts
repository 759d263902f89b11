import type { Delivery } from '#core/delivery.ts';
import { deliveryTable } from './delivery-rows.ts';
import { filterForm, pager, type Field } from './filters.ts';
import { html, type Html } from './html.ts';
import type { Page } from './layout.ts';

export interface DeliveriesView {
  readonly items: readonly Delivery[];
  readonly next: string | null;
  /** The filters as asked for, by name; `cursor` too. */
  readonly query: Readonly<Record<string, string>>;
  readonly sources: readonly string[];
  readonly now: number;
}

/** `/deliveries`. */
export function deliveriesPage(view: DeliveriesView): Page {
  const fields: readonly Field[] = [
    { name: 'source', label: 'Source', options: view.sources },
    { name: 'state', label: 'State', options: ['pending', 'done', 'ignored', 'dead'] },
    { name: 'event', label: 'Event', hint: 'push' },
    { name: 'repository', label: 'Repository' },
    { name: 'since', label: 'Since', hint: '1h' },
  ];
  return {
    title: 'Deliveries',
    section: '/deliveries',
    live: `/deliveries?${new URLSearchParams({ ...view.query, watch: '1' }).toString()}`,
    before: html`<h1>Deliveries</h1>${filterForm('/deliveries', fields, view.query)}`,
    content: deliveriesContent(view),
  };
}

/** The part of it that is sent again. */
export function deliveriesContent({ items, next, query, now }: Omit<DeliveriesView, 'sources'>): Html {
  if (items.length === 0) return html`<p class="empty">No delivery fits. What a source sends is listed here as soon as it is on disk.</p>`;
  return html`${deliveryTable(items, now)}${pager('/deliveries', query, next)}`;
}
