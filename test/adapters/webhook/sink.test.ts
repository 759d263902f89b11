import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { bodyOf, typeOf } from '#adapters/webhook/body.ts';
import { WebhookConfig } from '#adapters/webhook/schema.ts';
import { createWebhookSink } from '#adapters/webhook/sink.ts';
import { newsKinds } from '#core/news.ts';
import type { Posting } from '#core/ports/json-post.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { denial, outcome } from '../news.ts';

const url = 'https://hooks.example.com/headgate';
const secret = Buffer.from('a secret that is long enough');

describe('a webhook sink', () => {
  const sent: Posting[] = [];
  const clock = new SimulatedClock();
  const sinkOf = (config: Partial<WebhookConfig> = {}) =>
    createWebhookSink({
      name: 'chat',
      config: { url, kinds: undefined, ...config },
      secrets: () => [secret],
      post: async (posting) => void sent.push(posting),
      clock,
      pageOf: (change) => `https://headgate.example.com/changes/${change}`,
    });
  beforeEach(() => sent.splice(0));

  it('sends news to its address, signed, with the moment of the attempt', async () => {
    const sink = sinkOf();
    await sink.tell(denial());
    await clock.advance(5_000);
    await sink.tell(denial());
    const [first, second] = sent;
    assert.ok(first && second);
    assert.equal(first.url, url);
    for (const { headers, body } of [first, second]) {
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
      assert.equal(headers['webhook-signature'], `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`);
    }
    assert.deepEqual([first.headers['webhook-id'], first.body], [second.headers['webhook-id'], second.body]);
    assert.equal(Number(second.headers['webhook-timestamp']) - Number(first.headers['webhook-timestamp']), 5);
  });

  it('gives every news an id without a full stop, which the signature is delimited by', () => {
    assert.doesNotMatch(denial().id, /\./);
  });

  it('wants all news, or only those that the config names', () => {
    assert.equal(sinkOf().wants(denial()), true);
    assert.equal(sinkOf({ kinds: ['failed', 'denied'] }).wants(denial()), true);
    assert.equal(sinkOf({ kinds: ['failed', 'applied'] }).wants(denial()), false);
  });

  it('says what came about, of what, why, and where to read on', () => {
    const { type, timestamp, data } = bodyOf(denial(), 'https://headgate.example.com/changes/chg_1');
    assert.deepEqual([type, timestamp], ['headgate.decision.denied', '2026-01-02T00:00:00.000Z']);
    assert.equal(data.message, 'denied: org/app refs/heads/main bbbbbbbbbbbb by octocat: no policy covers the namespace apps (default)');
    assert.deepEqual(data.target, { cluster: 'prod', kind: 'GitRepository', namespace: 'apps', name: 'web' });
    assert.deepEqual(
      [data.url, data.change.id, data.decision.rule, data.reconcile],
      ['https://headgate.example.com/changes/chg_1', 'chg_1', 'default', null],
    );
    const failed = bodyOf(outcome('timed_out', 'still waiting for it'), null);
    assert.equal(failed.type, 'headgate.reconcile.timed_out');
    assert.match(failed.data.message, /^timed out: .*: still waiting for it$/);
    assert.deepEqual([failed.data.url, failed.data.reconcile?.outcome], [null, 'timed_out']);
  });

  it('has a type for every kind of news', () => {
    const types = newsKinds.map(typeOf);
    assert.equal(new Set(types).size, newsKinds.length);
    for (const type of types) assert.match(type, /^headgate\.(decision|reconcile)\.[a-z_]+$/);
  });

  it('stays small, whatever the story says', () => {
    const news = denial();
    const reasons = Array.from({ length: 50 }, () => ({ code: 'x', message: 'y'.repeat(2_000) }));
    const long = bodyOf({ ...news, decision: { ...news.decision, reasons } }, null);
    assert.ok(JSON.stringify(long).length < 32 * 1024);
    assert.equal(long.data.message.length, 2_048);
  });

  it('throws what the address answers', async () => {
    const sink = createWebhookSink({
      name: 'chat',
      config: { url, kinds: undefined },
      secrets: () => [secret],
      post: () => Promise.reject(new Error('away')),
      clock,
      pageOf: () => null,
    });
    await assert.rejects(sink.tell(denial()), /away/);
  });
});

describe('the config of a webhook sink', () => {
  const secrets = [{ env: 'S' }];
  const accepts = (at: string): boolean => WebhookConfig.safeParse({ url: at, secrets }).success;

  it('takes https anywhere, and http where it does not leave the machine or the cluster', () => {
    for (const at of [
      'https://hooks.example.com/a?b=c',
      'http://127.0.0.1:8080/',
      'http://[::1]:80/x',
      'http://localhost/',
      'http://receiver:9000/',
      'http://receiver.chat.svc/',
      'http://receiver.chat.svc.cluster.local./x',
    ])
      assert.ok(accepts(at), at);
    for (const at of [
      'http://hooks.example.com/',
      'http://10.0.0.7/',
      'http://evil.example/.svc',
      'http://svc.example.com',
      'https://me:pw@x/',
      'https://x/#y',
      'ftp://localhost/',
      'hooks.example.com',
    ])
      assert.ok(!accepts(at), at);
  });

  it('takes no webhook without a secret, and no kind that there is not', () => {
    assert.equal(WebhookConfig.safeParse({ url, secrets: [] }).success, false);
    assert.equal(WebhookConfig.safeParse({ url, secrets, kinds: ['deployed'] }).success, false);
    assert.equal(WebhookConfig.safeParse({ url, secrets, kinds: [] }).success, false);
    assert.deepEqual(WebhookConfig.parse({ url, secrets, kinds: ['denied'] }).kinds, ['denied']);
  });
});
