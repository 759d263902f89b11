import assert from 'node:assert/strict';
import fc from 'fast-check';
import { systemClock, type Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { Queue } from '#core/ports/queue.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { embeddedQueue } from '#queue/embedded.ts';
import { queueConformance } from '../conformance/queue.ts';

/** The real clock with every wait a hundred times shorter. */
const hastyClock: Clock = { ...systemClock, after: (ms, task) => systemClock.after(ms / 100, task) };

queueConformance('embedded', async (concurrency) => {
  let found: readonly string[] = [];
  const queue = embeddedQueue({ clock: hastyClock, log: silentLog, concurrency, rescan: async () => found });
  return { queue, rescanFinds: (keys) => (found = keys), destroy: () => queue.stop() };
});

describe('the embedded queue', () => {
  let clock: SimulatedClock;
  let queue: Queue;
  let found: readonly string[];
  let scans: number;
  let starts: { readonly key: string; readonly at: number }[];

  beforeEach(() => {
    clock = new SimulatedClock();
    found = [];
    scans = 0;
    starts = [];
    const rescan = async (): Promise<readonly string[]> => (scans++, found);
    queue = embeddedQueue({ clock, log: silentLog, minIntervalMs: 500, rescan, rescanMs: 5_000 });
  });
  afterEach(() => queue.stop());

  const note = (key: string): void => void starts.push({ key, at: clock.monotonic() });
  const times = (): readonly number[] => starts.map(({ at }) => at);

  it('starts at once, then keeps the least time between two starts of a key', async () => {
    queue.start(async (key) => note(key));
    for (let n = 0; n < 100; n++) {
      await queue.enqueue(['a']);
      await clock.advance(10);
    }
    await clock.advance(1_000);
    assert.deepEqual(times(), [0, 500, 1_000]);
  });

  it('starts at once again after a quiet time', async () => {
    queue.start(async (key) => note(key));
    await queue.enqueue(['a']);
    await clock.advance(501);
    await queue.enqueue(['a']);
    assert.deepEqual(times(), [0, 501]);
  });

  it('counts the least time from the start of a run, not from its end', async () => {
    queue.start(async (key) => {
      note(key);
      await new Promise<void>((resolve) => clock.after(700, resolve));
    });
    await queue.enqueue(['a']);
    await clock.advance(100);
    await queue.enqueue(['a']);
    await clock.advance(600);
    await clock.advance(0);
    assert.deepEqual(times(), [0, 700]);
    await clock.advance(700);
  });

  it('lets other keys start while one rests', async () => {
    queue.start(async (key) => note(key));
    await queue.enqueue(['a']);
    await clock.advance(1);
    await queue.enqueue(['a', 'b']);
    assert.deepEqual(
      starts.map(({ key }) => key),
      ['a', 'b'],
    );
  });

  it('backs off from a failing key with growing waits, never longer than the cap, and for as long as it takes', async () => {
    let failing = true;
    queue.start(async (key) => {
      note(key);
      if (failing) throw new Error('away');
    });
    await queue.enqueue(['a']);
    await clock.advance(10 * 60_000);
    const gaps = times()
      .slice(1)
      .map((at, index) => at - (times()[index] ?? 0));
    assert.ok(gaps.length > 30, `${gaps.length} attempts`);
    assert.ok(Math.max(...gaps) <= limits.queue.retryCap);
    assert.ok(Math.min(...gaps) >= 500);
    assert.ok(gaps.slice(10).some((gap) => gap > limits.queue.retryCap / 2));
    assert.ok(new Set(gaps.slice(10)).size > 10, 'without jitter');
    failing = false;
    const before = starts.length;
    await clock.advance(limits.queue.retryCap + 10);
    assert.equal(starts.length, before + 1);
    await queue.enqueue(['a']);
    assert.equal(queue.stats().retrying, 0);
  });

  it('is not hurried out of a back-off by new work or by the rescan', async () => {
    queue.start(async (key) => {
      note(key);
      throw new Error('away');
    });
    await queue.enqueue(['a']);
    await clock.advance(60_000);
    const calm = starts.length;
    found = ['a'];
    for (let n = 0; n < 6_000; n++) {
      await queue.enqueue(['a']);
      if (n % 100 === 99) await clock.advance(1_000);
    }
    assert.ok(starts.length <= calm * 2, `${calm} attempts in the first minute, ${starts.length - calm} in the second`);
  });

  it('begins with short waits again after a success', async () => {
    let attempt = 0;
    queue.start(async (key) => {
      note(key);
      attempt++;
      if (attempt !== 12) throw new Error('away');
    });
    await queue.enqueue(['a']);
    while (attempt < 12) await clock.advance(1_000);
    await clock.advance(1_000);
    await queue.enqueue(['a']);
    const at = clock.monotonic();
    await clock.advance(limits.queue.retryBase);
    assert.equal(starts.at(-1)?.at, at + limits.queue.retryBase);
  });

  it('looks for work on the start and on its interval, also after a look has failed', async () => {
    const failing = embeddedQueue({
      clock,
      log: silentLog,
      rescan: () => (scans++, Promise.reject(new Error('no journal'))),
      rescanMs: 5_000,
    });
    assert.equal(scans, 0);
    failing.start(async () => {});
    assert.equal(scans, 1);
    await clock.advance(0);
    await clock.advance(10_000);
    assert.equal(scans, 3);
    await failing.stop();
    await clock.advance(60_000);
    assert.equal(scans, 3);
  });

  it('serves first come, first served', async () => {
    const one = embeddedQueue({ clock, log: silentLog, concurrency: 1, rescan: async () => [] });
    one.start(async (key) => {
      note(key);
      await new Promise<void>((resolve) => clock.after(1_000, resolve));
    });
    await one.enqueue(['a', 'b', 'c']);
    await clock.advance(100);
    await one.enqueue(['a', 'd']);
    await clock.advance(10_000);
    assert.deepEqual(
      starts.map(({ key }) => key),
      ['a', 'b', 'c', 'd', 'a'],
    );
    await one.stop();
  });

  it('says how many wait, work and back off, and how long the oldest has waited', async () => {
    await queue.enqueue(['a', 'b']);
    await clock.advance(300);
    await queue.enqueue(['c']);
    assert.deepEqual(queue.stats(), { waiting: 3, active: 0, retrying: 0, oldestMs: 300 });
    queue.start((key) => (key === 'a' ? Promise.reject(new Error('away')) : Promise.resolve()));
    await clock.advance(1);
    assert.deepEqual(queue.stats(), { waiting: 0, active: 0, retrying: 1, oldestMs: 0 });
    await queue.enqueue(['b']);
    await clock.advance(100);
    assert.deepEqual(queue.stats(), { waiting: 1, active: 0, retrying: 1, oldestMs: 100 });
  });

  it('forgets keys that have no work', async () => {
    queue.start(async (key) => note(key));
    await queue.enqueue(Array.from({ length: 1_000 }, (_, n) => `key ${n}`));
    await clock.advance(1_000);
    assert.equal(starts.length, 1_000);
    assert.deepEqual(queue.stats(), { waiting: 0, active: 0, retrying: 0, oldestMs: 0 });
  });

  it('survives a handler that throws before it returns a promise', async () => {
    queue.start((key) => {
      note(key);
      throw new Error('a defect');
    });
    await queue.enqueue(['a']);
    await clock.advance(10_000);
    assert.ok(starts.length > 2);
  });

  it('handles every piece of work, one at a time per key, under any interleaving', async () => {
    const event = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      wait: fc.integer({ min: 0, max: 800 }),
      takes: fc.integer({ min: 0, max: 900 }),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
        const time = new SimulatedClock();
        const one = embeddedQueue({ clock: time, log: silentLog, concurrency: 2, minIntervalMs: 500, rescan: async () => [] });
        const active = new Set<string>();
        const lastStart = new Map<string, number>();
        const owed = new Set<string>();
        const plans = [...events];
        one.start(async (key) => {
          assert.ok(!active.has(key) && active.size < 2);
          assert.ok(time.monotonic() - (lastStart.get(key) ?? -500) >= 500);
          active.add(key);
          lastStart.set(key, time.monotonic());
          owed.delete(key);
          const plan = plans.pop();
          await new Promise<void>((resolve) => time.after(plan?.takes ?? 0, resolve));
          active.delete(key);
          if (!plan?.fails) return;
          owed.add(key);
          throw new Error('away');
        });
        for (const { key, wait } of events) {
          owed.add(key);
          await one.enqueue([key]);
          await time.advance(wait);
        }
        await time.advance(60 * 60_000);
        assert.deepEqual([...owed], []);
        await one.stop();
      }),
      { numRuns: 50 },
    );
  });
});
