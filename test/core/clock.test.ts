import assert from 'node:assert/strict';
import fc from 'fast-check';
import { backOff, pause, systemClock } from '#core/clock.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';

describe('the simulated clock', () => {
  it('runs what is due in order, also what a task adds', async () => {
    const clock = new SimulatedClock();
    const ran: string[] = [];
    clock.after(20, () => ran.push('second'));
    clock.after(10, () => {
      ran.push('first');
      clock.after(5, () => ran.push('between'));
    });

    await clock.advance(20);

    assert.deepEqual(ran, ['first', 'between', 'second']);
  });

  it('runs nothing that was cancelled or is not due', async () => {
    const clock = new SimulatedClock();
    const ran: string[] = [];
    clock.after(10, () => ran.push('cancelled'))();
    clock.after(11, () => ran.push('later'));

    await clock.advance(10);

    assert.deepEqual(ran, []);
  });

  it('moves the wall clock with the monotonic one, but jumps it alone', async () => {
    const clock = new SimulatedClock(1_000);

    await clock.advance(500);
    clock.jump(-3_600_000);

    assert.equal(clock.now(), 1_500 - 3_600_000);
    assert.equal(clock.monotonic(), 500);
  });
});

describe('pause', () => {
  it('ends at once when the signal aborts', async () => {
    const clock = new SimulatedClock();
    const stop = new AbortController();
    const paused = pause(clock, 1_000_000, stop.signal);

    stop.abort();

    await paused;
    assert.equal(clock.monotonic(), 0);
  });

  it('does not begin when the signal has aborted', async () => {
    await pause(systemClock, 1_000_000, AbortSignal.abort());
  });
});

describe('backOff', () => {
  it('stays between half its base and its cap', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1_000, max: 60_000 }), (attempt, base, cap) => {
        const wait = backOff(systemClock, attempt, base, cap);

        assert.ok(wait >= base / 2 && wait <= Math.max(cap, base / 2));
      }),
    );
  });
});
