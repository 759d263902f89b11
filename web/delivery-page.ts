import type { Delivery } from '#core/delivery.ts';
import type { Story } from '#core/ports/journal.ts';
import { formatDuration } from '#core/format-duration.ts';
import { badge } from './badge.ts';
import { changeTable } from './change-rows.ts';
import { html, type Html } from './html.ts';
import { page } from './layout.ts';
import { commit, deliveryPath, shortRef } from './names.ts';
import { deliveryStatus } from './target-stories.ts';
import { timeOfDay } from './time.ts';

export interface DeliveryView {
  readonly delivery: Delivery;
  /** What came of it. */
  readonly stories: readonly Story[];
  readonly now: number;
}

/** `/deliveries/{id}`. */
export function deliveryPage(view: DeliveryView): string {
  const { id } = view.delivery;
  return page({ title: `Delivery ${id}`, section: '/deliveries', live: `${deliveryPath(id)}?watch=1`, content: deliveryContent(view) });
}

/** The part of it that is sent again. */
export function deliveryContent({ delivery, stories, now }: DeliveryView): Html {
  const { hint, reason, attempts } = delivery;
  return html`<div class="heading"><h1>Delivery ${hint && html`of ${hint.repository} <span class="ref">${shortRef(hint.ref)}</span>`}</h1><p class="badges">${badge(deliveryStatus(delivery))}</p></div>
${reason !== null && html`<p class="callout ${deliveryStatus(delivery).tone}">${reason}${attempts > 0 && ` (failed attempts: ${attempts})`}</p>`}
<dl class="facts">${facts(delivery, now)}</dl>
<h2>What came of it</h2>
${stories.length > 0 ? changeTable(stories, now) : html`<p class="empty">${without(delivery)}</p>`}`;
}

function facts(delivery: Delivery, now: number): readonly Html[] {
  const { id, source, deliveryId, event, kind, remote, receivedAt, settledAt, hint } = delivery;
  const rows: readonly (readonly [string, Html | string])[] = [
    ['Received', timeOfDay(receivedAt, now)],
    ['Handled in', settledAt === null ? 'not yet' : formatDuration(settledAt - receivedAt)],
    ['Source', source],
    ['Event', kind === 'request' ? `${event}, through the API` : event],
    ['Commit', commit(hint?.commit ?? hint?.after ?? null)],
    ['From', remote],
    ["Sender's id", html`<code>${deliveryId}</code>`],
    ['Id', html`<code>${id}</code>`],
  ];
  return rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`);
}

function without({ state }: Delivery): string {
  if (state === 'pending') return 'It is being handled.';
  return state === 'ignored' ? 'Nothing: a delivery of this kind deploys nothing.' : 'Nothing.';
}
