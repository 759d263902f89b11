import assert from 'node:assert/strict';
import type { NewDelivery } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import type { HeardEvent } from '#core/ports/event-stream.ts';
import { FakeEventStream } from '#core/ports/fake-event-stream.ts';
import { silentLog, type Log } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { journalling, Streams, type JournallingDeps } from '#handlers/streams.ts';

const event: HeardEvent = {
  deliveryId: 'ref-updated:abc',
  event: 'ref-updated',
  headers: {},
  body: Buffer.from('{}'),
  reading: { ignored: 'a test' },
  receivedAt: 5,
  remote: 'review.example.com:29418',
};

describe('streams of sources', () => {
  let stream: FakeEventStream;
  let journalled: NewDelivery[];
  let told: string[];
  let streams: Streams;

  const listen = (over: Partial<JournallingDeps> = {}): void => {
    const say =
      (level: string): Log['info'] =>
      (message, fields) =>
        void told.push(`${level} ${message} ${JSON.stringify(fields?.['state'])}`);
    const accept: JournallingDeps['accept'] = (delivery) => {
      const known = journalled.some(({ deliveryId }) => deliveryId === delivery.deliveryId);
      if (!known) journalled.push(delivery);
      return Promise.resolve({ id: delivery.id, known });
    };
    const deps: JournallingDeps = {
      clock: new SimulatedClock(),
      log: { ...silentLog, warn: say('warn'), error: say('error') },
      metrics: {
        streamChanged: (source, state) => void told.push(`metric ${source} ${state}`),
        streamGap: (source) => void told.push(`metric gap ${source}`),
      },
      accept,
      onAccepted: ({ deliveryId }) => void told.push(`accepted ${deliveryId}`),
      onGap: (source, cause) => void told.push(`look at ${source}: ${cause}`),
      ...over,
    };
    streams = new Streams((source) => journalling(source, deps), [{ name: 'hub' }, { name: 'review', stream }]);
    streams.start();
  };
  beforeEach(() => {
    stream = new FakeEventStream();
    [journalled, told] = [[], []];
  });
  afterEach(() => streams.stop());

  it('journal what they hear as deliveries of kind stream, from whoever told it', async () => {
    listen();
    await stream.tell(event);
    const [delivery] = journalled;
    assert.ok(delivery);
    assert.match(delivery.id, /^dlv_/);
    const { id: _, ...rest } = delivery;
    assert.deepEqual(rest, { ...event, source: 'review', kind: 'stream' });
    assert.ok(told.includes('accepted ref-updated:abc'));
  });

  it('announce a delivery once, however often and in whatever way it comes', async () => {
    listen();
    await Promise.all([stream.tell(event), stream.tell(event)]);
    await stream.tell(event);
    assert.equal(told.filter((line) => line.startsWith('accepted')).length, 1);
  });

  it('let the stream keep an event that cannot be journalled', async () => {
    listen({ accept: () => Promise.reject(new HeadgateError('JOURNAL_UNAVAILABLE', 'the disk is full')) });
    await assert.rejects(stream.tell(event), /the disk is full/);
    assert.ok(!told.some((line) => line.startsWith('accepted')));
  });

  it('have their source looked at when events may be missing', () => {
    listen();
    stream.lose('dropped-output');
    assert.deepEqual(told.slice(-2), ['metric gap review', 'look at review: dropped-output']);
  });

  it('count each change of state, and say it the louder the more a human is needed', () => {
    listen();
    told.length = 0;
    stream.change({ state: 'waiting', message: 'connection lost', retryAt: 7 });
    stream.change({ state: 'not-permitted', message: 'no capability' });
    assert.deepEqual(told, [
      'metric review waiting',
      'warn the event stream of a source is disturbed "waiting"',
      'metric review not-permitted',
      'error the event stream of a source is not listened to; the sweep finds changes meanwhile "not-permitted"',
    ]);
  });

  it('are stopped together', async () => {
    listen();
    await streams.stop();
    assert.equal(stream.health().state, 'stopped');
  });
});
