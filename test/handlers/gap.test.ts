import assert from 'node:assert/strict';
import { HeadgateError } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { FakeReadBack } from '#core/ports/fake-read-back.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Journal } from '#core/ports/journal.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { Sweepers } from '#handlers/sweeper.ts';
import { FakeStream } from './fake-stream.ts';
import { Flow } from './flow.ts';
import { sampleHint, sampleSource, sha, target } from './samples.ts';

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(sha) as [string, string, string, string];
const MAIN = 'refs/heads/main';
const HIDDEN = 'refs/heads/hidden';
const INTERVAL = 100_000;

describe('the sweeps of a source with a stream of events', () => {
  let clock: SimulatedClock;
  let flow: Flow;
  let readBack: FakeReadBack;
  let stream: FakeStream;
  let sweepers: Sweepers;
  let warned: string[];
  let underWay = 0;

  /** Counts the calls that have not been answered: the journal works in a thread of its own, and simulated time must not run away from it. */
  const watched = (journal: Journal): Journal =>
    new Proxy(journal, {
      get: (of, name) => {
        const method: unknown = Reflect.get(of, name);
        if (typeof method !== 'function') return method;
        return (...asked: unknown[]) => {
          underWay++;
          return (Reflect.apply(method, of, asked) as Promise<unknown>).finally(() => underWay--);
        };
      },
    });
  const settled = async (): Promise<void> => {
    for (let quiet = 0; quiet < 3; quiet = underWay > 0 ? 0 : quiet + 1) await new Promise(setImmediate);
  };

  beforeEach(async () => {
    clock = new SimulatedClock();
    readBack = new FakeReadBack();
    stream = new FakeStream();
    warned = [];
    flow = await Flow.open(clock, readBack);
    flow.clusters.put(sampleSource({ branch: 'main' }, { artifactRevision: `main@sha1:${a}` }));
    readBack.move('org/app', MAIN, [a]);
    stream.since = clock.now() - 1;
    const log = { ...silentLog, warn: (message: string) => void warned.push(message) };
    const deps = { clock, log, metrics: silentMetrics, journal: watched(flow.journal), inventory: flow.clusters, onAccepted: () => {} };
    const adapter = { ...(flow.deps.adapters.get('hub') as SourceAdapter), stream };
    sweepers = new Sweepers(deps, [{ adapter, interval: INTERVAL }]);
    sweepers.start();
    await during(250);
  });
  afterEach(async () => {
    const stopped = sweepers.stop();
    await clock.advance(1);
    await stopped;
    await flow.close();
  });

  const sweeps = () => readBack.asked.filter((question) => question.startsWith('heads')).length;
  const during = async (ms: number): Promise<number> => {
    const before = sweeps();
    for (let passed = 0; passed < ms; passed += 250) {
      await clock.advance(250);
      await settled();
    }
    return sweeps() - before;
  };
  const entered = async () =>
    (await flow.journal.deliveries({}, { limit: 50, cursor: null })).items.filter(({ kind }) => kind === 'sweep').length;

  describe('after a gap', () => {
    it('begin at once, and end when two in a row have found nothing while it was quiet', async () => {
      await during(60_000);
      sweepers.ask('hub', 'connected');
      assert.equal(await during(250), 1);
      assert.equal(await during(60_000), 1);
    });

    it('go on while the stream is heard, and find what was lost after the gap was told of', async () => {
      await during(60_000);
      stream.heardAt = clock.now();
      sweepers.ask('hub', 'dropped-output');
      for (let n = 0; n < 12; n++) {
        await during(1_000);
        stream.heardAt = clock.now();
      }
      readBack.move('org/app', MAIN, [a, b]);
      await during(20_000);
      assert.equal(await entered(), 1);
      await flow.handle();
      await during(60_000);
      assert.ok((await during(90_000)) <= 1);
    });

    it('are bounded where the stream is never quiet', async () => {
      await during(60_000);
      stream.heardAt = clock.now();
      sweepers.ask('hub', 'dropped-output');
      let count = 0;
      for (let n = 0; n < 160; n++) {
        count += await during(1_000);
        stream.heardAt = clock.now();
      }
      assert.ok(count >= 10 && count <= 12, `${count} sweeps`);
    });

    it('go on for as long as the source is away, and find what moved meanwhile when it is back', async () => {
      await during(60_000);
      readBack.failure = new HeadgateError('SOURCE_UNREACHABLE', 'down');
      sweepers.ask('hub', 'connected');
      await during(30_000);
      readBack.move('org/app', MAIN, [a, b]);
      readBack.failure = undefined;
      await during(16_000);
      assert.equal(await entered(), 1);
    });

    it('follow gaps that are told of again and again, without haste', async () => {
      await during(60_000);
      let count = 0;
      for (let n = 0; n < 100; n++) {
        sweepers.ask('hub', 'connected');
        count += await during(250);
      }
      assert.ok(count >= 20 && count <= 26, `${count} sweeps in 25 s`);
    });
  });

  describe('when refs have moved without an event', () => {
    /** Moves a ref, and lets the interval find it. */
    const moveUnheard = async (ref: string, history: readonly string[]) => {
      readBack.move('org/app', ref, history);
      await during(INTERVAL);
      await flow.handle();
    };
    const tell = async (ref: string) => {
      const id = newId('dlv', clock);
      const hint = sampleHint({ ref, before: c, after: d, commit: d });
      await flow.journal.append({
        ...{ id, deliveryId: id, source: 'hub', kind: 'stream', event: 'ref-updated', receivedAt: clock.now() },
        ...{ remote: '', headers: {}, body: Buffer.from('{}'), reading: { hint } },
      });
    };

    it('tell a stream that has brought nothing that it is mute, and which refs moved', async () => {
      await moveUnheard(MAIN, [a, b]);
      await during(11_000);
      assert.deepEqual(stream.suspicions, [`${MAIN} of org/app`]);
    });

    it('do not where nothing has moved, however long nothing is heard', async () => {
      await during(3 * INTERVAL);
      assert.deepEqual(stream.suspicions, []);
    });

    it('do not where the event comes a moment later than the sweep', async () => {
      await moveUnheard(MAIN, [a, b]);
      await tell(MAIN);
      await during(11_000);
      assert.deepEqual([stream.suspicions, warned], [[], []]);
    });

    it('do not where it was not listening all the while', async () => {
      readBack.move('org/app', MAIN, [a, b]);
      stream.since = clock.now() + 1_000; // connected after the ref has moved
      await during(INTERVAL);
      await during(11_000);
      assert.deepEqual(stream.suspicions, []);
    });

    it('say that it may not read them, where it tells of others', async () => {
      await moveUnheard(MAIN, [a, b]);
      stream.heardAt = clock.now() + 1_000;
      await during(11_000);
      assert.deepEqual(stream.suspicions, []);
      assert.match(warned.join(), /may lack Read/);
    });

    it('do not make it connect again and again for what it never tells', async () => {
      flow.clusters.put(
        sampleSource({ branch: 'hidden' }, { target: { ...target, name: 'hidden' }, artifactRevision: `hidden@sha1:${a}` }),
      );
      for (let n = 0; n < 24; n++) {
        await moveUnheard(HIDDEN, n % 2 === 0 ? [a, b] : [a, c]);
        await during(11_000);
        stream.since = clock.now(); // connected anew where it was told to, and it has heard of others since
        await during(INTERVAL);
      }
      assert.ok(stream.suspicions.length <= 6, `${stream.suspicions.length} times in ${(24 * 2 * INTERVAL) / 3_600_000} hours`);
      assert.match(warned.join(), /may lack Read/);
    });
  });
});
