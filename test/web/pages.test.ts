import assert from 'node:assert/strict';
import type { Delivery } from '#core/delivery.ts';
import { deliveriesPage } from '#web/deliveries-page.ts';
import { deliveryPage } from '#web/delivery-page.ts';
import { filterForm, pager } from '#web/filters.ts';
import { latencyChart, quantile } from '#web/latency-chart.ts';
import { documentOf } from '#web/layout.ts';
import { overviewPage, type OverviewView } from '#web/overview-page.ts';
import { age, timeOfDay } from '#web/time.ts';
import type { StreamHealth, StreamState } from '#core/ports/event-stream.ts';
import { html } from '#web/html.ts';
import type { Viewer } from '#web/viewer.ts';
import { whatIfPage } from '#web/what-if-page.ts';
import { now, reconcileOf, sampleStory, storedDelivery } from './sample.ts';

const health = (state: StreamState, message: string | null): StreamHealth => ({ state, message, since: 0, heardAt: null, retryAt: null });

const overview: OverviewView = {
  version: '1.2.3',
  sources: [
    { name: 'hub', type: 'github', last: storedDelivery(1), stream: null },
    { name: 'quiet', type: 'github', last: undefined, stream: null },
    { name: 'review', type: 'gerrit', last: undefined, stream: health('streaming', null) },
    { name: 'locked', type: 'gerrit', last: undefined, stream: health('not-permitted', 'no capability') },
  ],
  clusters: [{ cluster: 'prod', state: 'unreachable', known: false, message: 'connection refused', kinds: [] }],
  queue: { waiting: 1, active: 1, retrying: 0, oldestMs: 1_500 },
  journal: { writable: true, deliveries: { pending: 2, done: 1, ignored: 0, dead: 3 }, observing: 4 },
  stories: [sampleStory()],
  reconciles: [reconcileOf('web'), reconcileOf('api', { outcome: 'failed' })],
  now,
};

describe('the overview', () => {
  const document = documentOf(overviewPage(overview), null);

  it('tells of each source what it sent last, and when', () => {
    assert.match(document, /<b>hub<\/b>[\s\S]*push<\/a> <time datetime="1970-01-01T00:00:01.001Z"[^>]*data-age>58s ago/);
    assert.match(document, /<b>quiet<\/b>[^\n]*nothing lately/);
  });

  it('tells whether the stream of a source is listened to, and what is wrong where it is not', () => {
    assert.match(document, /<b>review<\/b>[\s\S]*?badge good[^\n]*stream streaming<\/span><\/p>/);
    assert.match(document, /<b>locked<\/b>[\s\S]*?badge bad[^\n]*stream not-permitted<\/span> no capability<\/p>/);
  });

  it('tells what is wrong with a cluster', () => {
    assert.match(document, /<b>prod<\/b>[\s\S]*unreachable[\s\S]*connection refused/);
  });

  it('leads to the dead deliveries when there are any', () => {
    assert.match(document, /href="\/deliveries\?state=dead"/);
  });

  it('times what was applied only, and every trigger', () => {
    assert.match(document, /Event → annotation: median 4 ms, 95% within 4 ms, latest 2"/);
    assert.match(document, /Event → applied: median 299 ms, 95% within 299 ms, latest 1"/);
  });

  it('has no style or script of its own, which the content security policy would refuse', () => {
    assert.doesNotMatch(document, /<style|style=|<script(?! src=)| on[a-z]+=/);
  });
});

describe('a latency chart', () => {
  it('takes quantiles by the nearest rank', () => {
    assert.deepEqual(
      [quantile([4, 1, 3, 2], 0.5), quantile([4, 1, 3, 2], 0.95), quantile([7], 0.5), quantile([], 0.5)],
      [2, 4, 7, undefined],
    );
  });

  it('draws one bar for each value within its frame, and says when there is none', () => {
    const svg = latencyChart('Event', [0, 5, 10]).toString();
    const bars = [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)].map((found) =>
      found.slice(1).map(Number),
    );
    assert.equal(bars.length, 3);
    for (const [x = 0, y = 0, width = 0, height = 0] of bars) assert.ok(x >= 0 && y >= 0 && x + width <= 240 && y + height <= 44.1);
    assert.match(latencyChart('Event', []).toString(), /none yet/);
  });
});

describe('a list', () => {
  it('keeps its filters on the way to older items, and leaves them behind on none', () => {
    assert.match(pager('/deliveries', { state: 'done' }, 'abc')?.toString() ?? '', /href="\/deliveries\?state=done&amp;cursor=abc"/);
    assert.match(pager('/deliveries', { cursor: 'x' }, null)?.toString() ?? '', /href="\/deliveries">Newest/);
    assert.equal(pager('/deliveries', { state: 'done' }, null), false);
  });

  it('shows what is asked for, also when it is none of the choices', () => {
    const form = filterForm('/x', [{ name: 'source', label: 'Source', options: ['hub'] }], { source: 'gone' }).toString();
    assert.match(form, /<option value="gone" selected>gone/);
    assert.match(form, /<label for="filter-source">Source/);
  });

  it('of deliveries says why one was ignored', () => {
    const ignored = storedDelivery(4, { state: 'ignored', reason: 'event ping', hint: null });
    const view = { items: [ignored], next: null, query: {}, sources: ['hub'], now };
    assert.match(documentOf(deliveriesPage(view), null), /guid-4<\/a><p class="detail">event ping<\/p>/);
    assert.match(
      documentOf(deliveryPage({ delivery: ignored, stories: [], replays: [], found: [], now }), null),
      /event ping[\s\S]*a delivery of this kind deploys nothing/,
    );
  });
});

describe('the page of a delivery', () => {
  const text = (more: Partial<Delivery>, replays: readonly Delivery[] = []): string =>
    documentOf(deliveryPage({ delivery: storedDelivery(4, more), stories: [], replays, found: [], now }), null);

  it('says how to replay it, and shows what was', () => {
    assert.match(text({ state: 'dead', reason: 'it threw' }), /<pre>headgate replay dlv_4<\/pre>/);
    const replay = storedDelivery(5, { kind: 'replay', replayOf: 'dlv_4', state: 'done' });
    assert.match(text({}, [replay]), /href="\/deliveries\/dlv_5"/);
  });

  it('leads from a replay to what it replays, and not further', () => {
    const shown = text({ kind: 'replay', replayOf: 'dlv_1' });
    assert.match(shown, /<dt>Replays<\/dt><dd><a href="\/deliveries\/dlv_1">dlv_1<\/a>/);
    assert.doesNotMatch(shown, /headgate replay/);
  });

  it('offers no replay of a request, nor of what is under way', () => {
    assert.doesNotMatch(text({ kind: 'request' }), /headgate replay/);
    assert.doesNotMatch(text({ state: 'pending' }), /headgate replay/);
  });
});

describe('the head of a page', () => {
  const headFor = (viewer: Viewer | null): string => documentOf({ title: 'x', content: html`` }, viewer);

  it('names whoever has logged in, and lets them log out by a form of their session', () => {
    const document = headFor({ name: 'Ada "<b>"', issuer: 'corp', csrf: 'the-token' });
    assert.match(document, /<form class="viewer" action="\/logout" method="post"><span class="name" title="Ada &quot;&lt;b&gt;&quot;">/);
    assert.match(document, /name="csrf" value="the-token"/);
  });

  it('leads to the login where reading is open and there is one, and else says nothing', () => {
    assert.match(headFor({ name: null, issuer: 'corp', csrf: null }), /<a href="\/login">Log in<\/a>/);
    for (const viewer of [null, { name: null, issuer: null, csrf: null }, { name: 'operator', issuer: 'corp', csrf: null }])
      assert.doesNotMatch(headFor(viewer), /class="viewer"/);
  });
});

describe('what if', () => {
  it('says what would be denied and why, and what would not match', () => {
    const { decisions, candidates } = sampleStory();
    const [, decision] = decisions;
    assert.ok(decision);
    const target = { target: decision.target, moves: false, skipped: null, decision, consumers: [], namespaces: ['apps'] };
    const answer = { targets: [target], candidates, reason: 'nothing of it is allowed', owed: ['lab'], notes: ['no paths were given'] };
    const document = documentOf(whatIfPage({ query: { ref: 'refs/heads/main' }, sources: ['hub'], answer }), null);
    for (const said of [
      'would be denied',
      'is none of refs/heads/prod',
      'follows refs/heads/next',
      'Not known yet: lab',
      'no paths were given',
      'value="refs/heads/main"',
    ])
      assert.ok(document.includes(said), said);
  });
});

describe('times', () => {
  it('name the day when it is another one, and always the moment', () => {
    const at = Date.UTC(2026, 0, 31, 10, 4, 11, 120);
    assert.match(timeOfDay(at, at).toString(), />10:04:11.120</);
    assert.match(timeOfDay(at, at + 86_400_000).toString(), /datetime="2026-01-31T10:04:11.120Z".*>2026-01-31 10:04:11.120</);
  });

  it('survive a moment that no calendar has', () => {
    assert.match(age(Number.MAX_VALUE, now).toString(), /1970/);
  });
});
