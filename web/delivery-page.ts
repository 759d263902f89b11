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
  /** Deliveries that take it through the flow again, newest first; the first few. */
  readonly replays: readonly Delivery[];
  readonly now: number;
}

/** `/deliveries/{id}`. */
export function deliveryPage(view: DeliveryView): string {
  const { id } = view.delivery;
  return page({ title: `Delivery ${id}`, section: '/deliveries', live: `${deliveryPath(id)}?watch=1`, content: deliveryContent(view) });
}

/** The part of it that is sent again. */
export function deliveryContent({ delivery, stories, replays, now }: DeliveryView): Html {
  const { hint, reason, attempts } = delivery;
  return html`<div class="heading"><h1>Delivery ${hint && html`of ${hint.repository} <span class="ref">${shortRef(hint.ref)}</span>`}</h1><p class="badges">${badge(deliveryStatus(delivery))}</p></div>
${reason !== null && html`<p class="callout ${deliveryStatus(delivery).tone}">${reason}${attempts > 0 && ` (failed attempts: ${attempts})`}</p>`}
<dl class="facts">${facts(delivery, now)}</dl>
<h2>What came of it</h2>
${stories.length > 0 ? changeTable(stories, now) : html`<p class="empty">${without(delivery)}</p>`}
${again(delivery, replays, now)}`;
}

/** How to replay it, and what was. The page itself changes nothing. */
function again({ kind, state, id, replayOf }: Delivery, replays: readonly Delivery[], now: number): Html | false {
  if (kind === 'request' || state === 'pending' || replayOf !== null) return false;
  const rows = replays.map(
    (replay) =>
      html`<li><a href="${deliveryPath(replay.id)}">${timeOfDay(replay.receivedAt, now)}</a> ${badge(deliveryStatus(replay))}${replay.reason !== null && html` ${replay.reason}`}</li>`,
  );
  return html`<h2>Replay</h2>
${rows.length > 0 && html`<ul>${rows}</ul>`}
<p>Once what kept it from deploying is mended, this takes it through the flow again, as policy and clusters are then: <code>headgate replay ${id}</code>. With <code>--dry-run</code> it only tells what would come of it.</p>`;
}

function facts(delivery: Delivery, now: number): readonly Html[] {
  const { id, source, deliveryId, event, kind, remote, receivedAt, settledAt, hint } = delivery;
  const rows: readonly (readonly [string, Html | string])[] = [
    ['Received', timeOfDay(receivedAt, now)],
    ['Handled in', settledAt === null ? 'not yet' : formatDuration(settledAt - receivedAt)],
    ['Source', source],
    ['Event', kind === 'request' ? `${event}, through the API` : event],
    ...(delivery.replayOf === null
      ? []
      : [['Replays', html`<a href="${deliveryPath(delivery.replayOf)}">${delivery.replayOf}</a>`] as const]),
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
