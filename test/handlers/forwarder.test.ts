import assert from 'node:assert/strict';
import { HeadgateError } from '#core/errors.ts';
import type { HeardEvent } from '#core/ports/event-stream.ts';
import type { Posting } from '#core/ports/json-post.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { Forwarder } from '#handlers/forwarder.ts';

const event: HeardEvent = {
  deliveryId: 'ref-updated:abc',
  event: 'ref-updated',
  headers: {},
  body: Buffer.from('{"ä":1}'),
  reading: { ignored: 'a test' },
  receivedAt: 5,
  remote: 'review.example.com:29418',
};

describe('handing events over to a server', () => {
  let clock: SimulatedClock;
  let posted: Posting[];
  let isAway: boolean;
  let forwarder: Forwarder;
  beforeEach(() => {
    clock = new SimulatedClock();
    [posted, isAway] = [[], false];
    const post = (posting: Posting): Promise<void> => {
      if (isAway) return Promise.reject(new HeadgateError('SINK_UNREACHABLE', 'it is away'));
      posted.push(posting);
      return Promise.resolve();
    };
    const destination = {
      source: 'review',
      url: 'http://127.0.0.1:9292/hooks/review',
      authorization: () => 'Basic abc',
      lossNotice: (now: number) => `lost at ${now}`,
    };
    forwarder = new Forwarder({ clock, log: silentLog, post, metrics: silentMetrics }, destination);
  });
  afterEach(() => forwarder.stop());

  it('sends the bytes as they came, with the secret', async () => {
    await forwarder.heard(event);
    assert.deepEqual(posted, [{ url: 'http://127.0.0.1:9292/hooks/review', headers: { authorization: 'Basic abc' }, body: '{"ä":1}' }]);
  });

  it('is not done while the server is away', async () => {
    isAway = true;
    await assert.rejects(forwarder.heard(event), /it is away/);
  });

  it('says why the last was not taken, until one is', async () => {
    assert.equal(forwarder.trouble, null);
    isAway = true;
    await assert.rejects(forwarder.heard(event));
    assert.equal(forwarder.trouble, 'it is away');
    isAway = false;
    await forwarder.heard(event);
    assert.equal(forwarder.trouble, null);
  });

  it('tells of a loss, and again until it is told', async () => {
    isAway = true;
    forwarder.gap('connected');
    await clock.advance(60_000);
    assert.deepEqual(posted, []);
    isAway = false;
    await clock.advance(10_000);
    assert.match(posted.map(({ body }) => body).join(), /^lost at \d[\d.]*$/);
  });

  it('makes one notice of many losses that could not be told yet', async () => {
    isAway = true;
    for (const cause of ['one', 'two', 'three']) forwarder.gap(cause);
    await clock.advance(1_000);
    isAway = false;
    await clock.advance(10_000);
    assert.equal(posted.length, 1);
  });

  it('tells of a loss that comes while another is being told', async () => {
    forwarder.gap('one');
    await clock.advance(1);
    forwarder.gap('two');
    await clock.advance(1);
    assert.equal(posted.length, 2);
  });

  it('stops although the server is away', async () => {
    isAway = true;
    forwarder.gap('one');
    await clock.advance(1);
    await forwarder.stop();
    assert.deepEqual(posted, []);
  });
});
