import type { ClusterHealth } from '#core/ports/clusters.ts';
import type { StreamHealth, StreamState } from '#core/ports/event-stream.ts';
import type { Story } from '#core/ports/journal.ts';
import type { QueueStats } from '#core/ports/queue.ts';
import type { Delivery, DeliveryState } from '#core/delivery.ts';
import type { Reconcile } from '#core/reconcile.ts';
import { formatDuration } from '#core/format-duration.ts';
import { badge, type Status } from './badge.ts';
import { changeTable } from './change-rows.ts';
import { html, type Html } from './html.ts';
import { latencyChart } from './latency-chart.ts';
import type { Page } from './layout.ts';
import { deliveryPath } from './names.ts';
import { age } from './time.ts';
import { plural } from './timeline-entries.ts';

export interface SourceView {
  readonly name: string;
  readonly type: string;
  /** What it sent last, among the recent deliveries. */
  readonly last: Delivery | undefined;
  /** Null where no stream of it is listened to. */
  readonly stream: StreamHealth | null;
}

export interface OverviewView {
  readonly version: string;
  readonly sources: readonly SourceView[];
  readonly clusters: readonly ClusterHealth[];
  readonly queue: QueueStats;
  readonly journal: {
    readonly writable: boolean;
    readonly deliveries: Readonly<Record<DeliveryState, number>>;
    readonly observing: number;
  };
  /** Newest first. */
  readonly stories: readonly Story[];
  /** Newest first. */
  readonly reconciles: readonly Reconcile[];
  readonly now: number;
}

/** `/`. */
export function overviewPage(view: OverviewView): Page {
  return { title: 'Overview', section: '/', live: '/?watch=1', content: overviewContent(view) };
}

/** The part of it that is sent again. */
export function overviewContent(view: OverviewView): Html {
  const { stories, now } = view;
  return html`<h1 class="unseen">Overview</h1>
<div class="tiles">
${tile('Sources', sourceRows(view))}
${tile('Clusters', view.clusters.map(clusterRow))}
${tile('Work', workRows(view))}
${latencies(view.reconciles)}
</div>
<section aria-labelledby="recent"><h2 id="recent">Recent changes</h2>
${stories.length > 0 ? changeTable(stories, now) : html`<p class="empty">Nothing yet. A change comes of every push that a source tells Headgate about.</p>`}
<p><a href="/changes">All changes</a></p></section>`;
}

function tile(name: string, rows: readonly Html[]): Html {
  const id = `tile-${name.toLowerCase()}`;
  const empty = html`<li class="dim">none in the config</li>`;
  return html`<section class="tile" aria-labelledby="${id}"><h2 id="${id}">${name}</h2><ul>${rows.length > 0 ? rows : empty}</ul></section>`;
}

function sourceRows({ sources, now }: OverviewView): readonly Html[] {
  return sources.map(({ name, type, last, stream }) => {
    const heard = last ? html`<a href="${deliveryPath(last.id)}">${last.event}</a> ${age(last.receivedAt, now)}` : 'nothing lately';
    return html`<li id="source-${name}"><span><b>${name}</b> <span class="dim">${type}</span></span><span>${heard}</span>
${stream && streamState(stream)}</li>`;
  });
}

const streamTones: Readonly<Record<StreamState, Status['tone']>> = {
  streaming: 'good',
  stopped: 'none',
  connecting: 'busy',
  waiting: 'warn',
  mute: 'warn',
  'wrong-key': 'bad',
  'not-permitted': 'bad',
  'host-key-changed': 'bad',
  misconfigured: 'bad',
};

function streamState({ state, message }: StreamHealth): Html {
  return html`<p class="detail">${badge({ tone: streamTones[state], word: `stream ${state}` })}${message !== null && html` ${message}`}</p>`;
}

const clusterTones: Readonly<Record<ClusterHealth['state'], Status['tone']>> = {
  synced: 'good',
  starting: 'busy',
  unreachable: 'bad',
  refused: 'bad',
};

function clusterRow({ cluster, state, message, kinds }: ClusterHealth): Html {
  const objects = kinds.reduce((sum, kind) => sum + kind.objects, 0);
  return html`<li id="cluster-${cluster}"><span><b>${cluster}</b> <span class="dim">${plural(objects, 'object')}</span></span>${badge({ tone: clusterTones[state], word: state })}
${state !== 'synced' && message !== null && html`<p class="detail">${message}</p>`}</li>`;
}

function workRows({ queue, journal }: OverviewView): readonly Html[] {
  const { waiting, active, retrying, oldestMs } = queue;
  const { pending, dead } = journal.deliveries;
  const oldest = waiting > 0 ? `, oldest ${formatDuration(oldestMs)}` : '';
  return [
    row('Journal', badge(journal.writable ? { tone: 'good', word: 'writable' } : { tone: 'bad', word: 'not writable' })),
    row('Deliveries pending', html`${pending}`),
    row('Targets waiting', html`${waiting + active}${oldest}`),
    row('Watched until applied', html`${journal.observing}`),
    ...(retrying > 0 ? [row('Retrying', badge({ tone: 'warn', word: String(retrying) }))] : []),
    ...(dead > 0 ? [row('Dead deliveries', html`<a href="/deliveries?state=dead">${badge({ tone: 'bad', word: String(dead) })}</a>`)] : []),
  ];
}

function row(name: string, value: Html): Html {
  return html`<li><span>${name}</span><span>${value}</span></li>`;
}

/** Of reconciles that got there, oldest first. */
function latencies(reconciles: readonly Reconcile[]): Html {
  const oldestFirst = reconciles.toReversed();
  const triggered = oldestFirst.flatMap(({ receivedAt, triggeredAt }) => (triggeredAt === null ? [] : [triggeredAt - receivedAt]));
  const applied = oldestFirst.flatMap(({ receivedAt, endedAt, outcome }) =>
    outcome === 'applied' && endedAt !== null ? [endedAt - receivedAt] : [],
  );
  return html`<section class="tile charts" aria-labelledby="tile-latency"><h2 id="tile-latency">Latency</h2>
${latencyChart('Event → annotation', triggered)}
${latencyChart('Event → applied', applied)}</section>`;
}
