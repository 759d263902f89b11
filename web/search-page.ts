import type { Delivery } from '#core/delivery.ts';
import type { Story } from '#core/ports/journal.ts';
import { badge } from './badge.ts';
import { changeTable } from './change-rows.ts';
import { eventWord } from './delivery-rows.ts';
import { html, type Html } from './html.ts';
import type { Page } from './layout.ts';
import { deliveryPath } from './names.ts';
import { deliveryStatus } from './target-stories.ts';
import { age } from './time.ts';

export interface SearchView {
  readonly query: string;
  readonly stories: readonly Story[];
  readonly deliveries: readonly Delivery[];
  readonly now: number;
}

/** `/search` where it leads to more than one thing, or to none. */
export function searchPage(view: SearchView): Page {
  return { title: `Search: ${view.query}`, query: view.query, content: searchContent(view) };
}

function searchContent({ query, stories, deliveries, now }: SearchView): Html {
  if (stories.length + deliveries.length === 0) {
    return html`<h1>Nothing is known of “${query}”</h1>
<p class="empty">Search for a commit (four characters are enough), the id of a change, delivery, decision or reconcile, the id that the forge gave its delivery, or the full name of a repository. Refused deliveries are in the log of the server and in the list of the forge.</p>`;
  }
  return html`<h1>Search: “${query}”</h1>
${stories.length > 0 && html`<h2>Changes</h2>${changeTable(stories, now)}`}
${deliveries.length > 0 && html`<h2>Deliveries</h2><ul class="plain">${deliveries.map((delivery) => found(delivery, now))}</ul>`}`;
}

function found(delivery: Delivery, now: number): Html {
  const { id, source, receivedAt } = delivery;
  return html`<li><a href="${deliveryPath(id)}"><code>${id}</code></a> ${eventWord(delivery)}, from ${source}, ${age(receivedAt, now)} ${badge(deliveryStatus(delivery))}</li>`;
}
