import { anyRef, type Delivery } from '#core/delivery.ts';
import type { Story } from '#core/ports/journal.ts';
import { formatDuration } from '#core/format-duration.ts';
import { describeSubject } from '#core/subject.ts';
import { badge } from './badge.ts';
import { changeTable } from './change-rows.ts';
import { deliveryTable, eventWord } from './delivery-rows.ts';
import { html, type Html } from './html.ts';
import type { Page } from './layout.ts';
import { commit, deliveryPath, shortRef } from './names.ts';
import { deliveryStatus } from './target-stories.ts';
import { timeOfDay } from './time.ts';

export interface DeliveryView {
  readonly delivery: Delivery;
  /** What came of it. */
  readonly stories: readonly Story[];
  /** Deliveries that take it through the flow again, newest first; the first few. */
  readonly replays: readonly Delivery[];
  /** What was found because it named no ref, newest first; the first few. */
  readonly found: readonly Delivery[];
  readonly now: number;
}

/** `/deliveries/{id}`. */
export function deliveryPage(view: DeliveryView): Page {
  const { id } = view.delivery;
  return { title: `Delivery ${id}`, section: '/deliveries', live: `${deliveryPath(id)}?watch=1`, content: deliveryContent(view) };
}

/** The part of it that is sent again. */
export function deliveryContent({ delivery, stories, replays, found, now }: DeliveryView): Html {
  const { hint, reason, attempts } = delivery;
  return html`<div class="heading"><h1>Delivery ${hint && html`of ${hint.repository} <span class="ref">${shortRef(hint.ref)}</span>`}</h1><p class="badges">${badge(deliveryStatus(delivery))}</p></div>
${reason !== null && html`<p class="callout ${deliveryStatus(delivery).tone}">${reason}${attempts > 0 && ` (failed attempts: ${attempts})`}</p>`}
<dl class="facts">${facts(delivery, now)}</dl>
<h2>What came of it</h2>
${cameOf(delivery, stories, found, now)}
${again(delivery, replays, now)}`;
}

function cameOf(delivery: Delivery, stories: readonly Story[], found: readonly Delivery[], now: number): Html {
  if (stories.length > 0) return changeTable(stories, now);
  return found.length > 0 ? deliveryTable(found, now) : html`<p class="empty">${without(delivery)}</p>`;
}

/** How to replay it, and what was. The page itself changes nothing. */
function again({ kind, state, id, replayOf }: Delivery, replays: readonly Delivery[], now: number): Html | false {
  if (kind === 'request' || state === 'pending' || replayOf !== null) return false;
  return html`<h2>Replay</h2>
${replays.length > 0 && deliveryTable(replays, now)}
<p>Once what kept it from deploying is mended, this takes it through the flow again, as policy and clusters are then; with <code>--dry-run</code> it only tells what would come of it.</p>
<pre>headgate replay ${id}</pre>`;
}

function facts(delivery: Delivery, now: number): readonly Html[] {
  const { id, source, deliveryId, remote, receivedAt, settledAt, hint, replayOf, cause } = delivery;
  const rows: readonly (readonly [string, Html | string])[] = [
    ['Received', timeOfDay(receivedAt, now)],
    ['Handled in', settledAt === null ? 'not yet' : formatDuration(settledAt - receivedAt)],
    ['Source', source],
    ['Event', eventWord(delivery)],
    ['Commit', commit(hint?.commit ?? hint?.after ?? null)],
    ['From', remote],
    ...(hint?.sender ? [['Sent by', describeSubject(hint.sender)] as const] : []),
    replayOf === null
      ? ["Sender's id", html`<code>${deliveryId}</code>`]
      : ['Replays', html`<a href="${deliveryPath(replayOf)}">${replayOf}</a>`],
    ...(cause === undefined ? [] : [['Because of', html`<a href="${deliveryPath(cause)}">${cause}</a>`] as const]),
    ['Id', html`<code>${id}</code>`],
  ];
  return rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`);
}

function without({ state, hint }: Delivery): string {
  if (state === 'pending') return 'It is being handled.';
  if (hint?.ref === anyRef) return 'Nothing more: nothing that is followed has moved, or another delivery has told of it.';
  if (state === 'done') return 'Nothing more: it tells what another change has told.';
  return state === 'ignored' ? 'Nothing: a delivery of this kind deploys nothing.' : 'Nothing.';
}
