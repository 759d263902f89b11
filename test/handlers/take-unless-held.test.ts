import assert from 'node:assert/strict';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Lease } from '#core/ports/journal.ts';
import type { Queue } from '#core/ports/queue.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { takeUnlessHeld } from '#handlers/take-unless-held.ts';
import { embeddedQueue } from '#queue/embedded.ts';

describe('a target that another process works on', () => {
  let clock: SimulatedClock;
  let held: boolean;
  let hasWork: boolean;
  let taken: number[];
  let warned: string[];
  let queue: Queue;

  /** A journal of which another process has the only target, for as long as the test says. */
  const journal = {
    async take(target: string): Promise<Lease | undefined> {
      taken.push(clock.monotonic());
      if (held) throw new HeadgateError('TARGET_LEASED', `${target} is leased by another for another 42 s`);
      hasWork = false;
      return undefined;
    },
  };

  beforeEach(() => {
    clock = new SimulatedClock();
    [held, hasWork, taken, warned] = [true, true, [], []];
    const log = { ...silentLog, warn: (message: string) => void warned.push(message) };
    queue = embeddedQueue({ clock, log, rescan: async () => (hasWork ? ['web'] : []) });
    queue.start(async (key) => void (await takeUnlessHeld({ journal, log }, key)));
  });
  afterEach(() => queue.stop());

  it('is looked at again with each look into the journal, without warnings and without longer and longer waits', async () => {
    await clock.advance(10 * limits.queue.rescan);
    const gaps = taken.slice(1).map((at, n) => at - (taken[n] ?? 0));
    assert.ok(gaps.length >= 9, `${gaps.length} looks`);
    assert.deepEqual([...new Set(gaps)], [limits.queue.rescan]);
    assert.deepEqual([warned, queue.stats().retrying], [[], 0]);
  });

  it('is taken when the other has given it back, at the latest with the next look into the journal', async () => {
    await clock.advance(limits.queue.rescan + 1);
    held = false;
    await clock.advance(limits.queue.rescan);
    assert.equal(hasWork, false);
  });

  it('is taken as soon as somebody announces it', async () => {
    await clock.advance(limits.queue.rescan + limits.queue.minInterval + 1);
    held = false;
    await queue.enqueue(['web']);
    await clock.advance(1);
    assert.equal(hasWork, false);
  });

  it('is a failure when the journal says anything else', async () => {
    const broken = { take: () => Promise.reject(new HeadgateError('JOURNAL_UNAVAILABLE', 'the disk is full')) };
    await assert.rejects(takeUnlessHeld({ journal: broken, log: silentLog }, 'web'), { code: 'JOURNAL_UNAVAILABLE' });
  });
});
