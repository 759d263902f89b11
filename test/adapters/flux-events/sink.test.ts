import assert from 'node:assert/strict';
import { fluxEventOf, isTold } from '#adapters/flux-events/event.ts';
import { FluxEventsConfig } from '#adapters/flux-events/schema.ts';
import { createFluxEventsSink } from '#adapters/flux-events/sink.ts';
import type { Posting } from '#core/ports/json-post.ts';
import { sampleChange, sha } from '../../handlers/samples.ts';
import { denial, outcome } from '../news.ts';

describe('news as an event of Flux', () => {
  const event = (news = denial()) => fluxEventOf(news, { uid: 'a-uid', page: 'https://headgate.example.com/changes/chg_1' });

  it('involves the target, so that Alerts for it deliver the event', () => {
    assert.deepEqual(event(), {
      involvedObject: { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', namespace: 'apps', name: 'web', uid: 'a-uid' },
      severity: 'error',
      timestamp: '2026-01-02T00:00:00.000Z',
      message: 'denied: org/app refs/heads/main bbbbbbbbbbbb by octocat: no policy covers the namespace apps (default)',
      reason: 'HeadgateDenied',
      metadata: {
        'source.toolkit.fluxcd.io/token': 'dec_1-denied',
        'source.toolkit.fluxcd.io/revision': `main@sha1:${sha('b')}`,
        'event.toolkit.fluxcd.io/headgate-change': 'chg_1',
        'event.toolkit.fluxcd.io/headgate-rule': 'default',
        'event.toolkit.fluxcd.io/headgate-url': 'https://headgate.example.com/changes/chg_1',
      },
      reportingController: 'headgate',
    });
    assert.equal('uid' in fluxEventOf(denial(), { uid: undefined, page: null }).involvedObject, false);
  });

  it('is an error where somebody must look, and information otherwise', () => {
    const of = (kind: 'applied' | 'failed' | 'stalled' | 'timed_out' | 'skipped') => {
      const { severity, reason } = event(outcome(kind, 'x'));
      return `${reason} ${severity}`;
    };
    assert.deepEqual((['applied', 'failed', 'stalled', 'timed_out', 'skipped'] as const).map(of), [
      'HeadgateApplied info',
      'HeadgateFailed error',
      'HeadgateFailed error',
      'HeadgateFailed error',
      'HeadgateSkipped info',
    ]);
  });

  it('names the revision as Flux does, where there is one', () => {
    const revisionOf = (more: Parameters<typeof sampleChange>[0]) => {
      const news = denial();
      const metadata: Readonly<Record<string, string>> = event({ ...news, story: { ...news.story, change: sampleChange(more) } }).metadata;
      return metadata['source.toolkit.fluxcd.io/revision'];
    };
    assert.equal(revisionOf({ ref: 'refs/tags/v1.2' }), `v1.2@sha1:${sha('b')}`);
    assert.equal(revisionOf({ revision: 'c'.repeat(64) }), `main@sha256:${'c'.repeat(64)}`);
    assert.equal(revisionOf({ revision: null }), undefined);
  });

  it('is made of what somebody may want to be alerted of, for kinds that Flux has Alerts for', () => {
    assert.ok(isTold(denial()));
    assert.ok(!isTold({ ...denial(), kind: 'allowed' }));
    assert.ok(!isTold({ ...denial(), kind: 'superseded' }));
    assert.ok(!isTold({ ...denial(), target: { ...denial().target, kind: 'ConfigMap' } }));
  });
});

describe('a sink for Flux events', () => {
  const sent: Posting[] = [];
  const config = FluxEventsConfig.parse({ cluster: 'prod' });
  const sink = createFluxEventsSink({
    name: 'alerts',
    config,
    post: async (posting) => void sent.push(posting),
    uidOf: ({ name }) => `uid of ${name}`,
    pageOf: () => null,
  });
  beforeEach(() => sent.splice(0));

  it('posts to the notification-controller of its cluster, by default the one beside it', async () => {
    await sink.tell(denial());
    const [posting] = sent;
    assert.equal(posting?.url, 'http://notification-controller.flux-system.svc.cluster.local./');
    assert.equal(JSON.parse(posting?.body ?? '').involvedObject.uid, 'uid of web');
  });

  it('wants news of its own cluster only', () => {
    const elsewhere = { ...denial().target, cluster: 'edge' };
    assert.deepEqual([sink.wants(denial()), sink.wants({ ...denial(), target: elsewhere })], [true, false]);
  });

  it('counts as taken what notification-controller has already, and nothing else', async () => {
    await sink.tell(denial());
    const taken = sent[0]?.taken;
    const answer = (status: number, limit?: string) => ({
      status,
      header: (name: string) => (name === 'x-ratelimit-limit' ? limit : undefined),
    });
    assert.deepEqual(
      [taken?.(answer(429, '1')), taken?.(answer(429, '100')), taken?.(answer(429)), taken?.(answer(503, '1'))],
      [true, false, false, false],
    );
  });

  it('takes an address of its own for a cluster that is elsewhere', () => {
    assert.equal(FluxEventsConfig.parse({ cluster: 'edge', url: 'http://127.0.0.1:9090/' }).url, 'http://127.0.0.1:9090');
    assert.equal(FluxEventsConfig.safeParse({ cluster: 'edge', url: 'notification-controller' }).success, false);
    assert.equal(FluxEventsConfig.safeParse({ url: 'http://x' }).success, false);
  });
});
