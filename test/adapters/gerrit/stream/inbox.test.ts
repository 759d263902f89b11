import assert from 'node:assert/strict';
import { Inbox } from '#adapters/gerrit/stream/inbox.ts';
import type { HeardEvent } from '#core/ports/event-stream.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';

const eventOf = (deliveryId: string, bytes = 10): HeardEvent => ({
  ...{ deliveryId, event: 'ref-updated', headers: {}, reading: { ignored: 'a test' }, receivedAt: 0, remote: 'review:29418' },
  body: Buffer.alloc(bytes),
});

describe('events that wait to be handed over', () => {
  let clock: SimulatedClock;
  let gaps: string[];
  /** What was handed over and not answered yet. */
  let handed: { readonly id: string; readonly taken: () => void; readonly refused: (why: Error) => void }[];
  let inbox: Inbox;

  const open = (bounds: { readonly maxEvents?: number; readonly maxBytes?: number; readonly atOnce?: number } = {}): void => {
    const heard = ({ deliveryId: id }: HeardEvent): Promise<void> =>
      new Promise((taken, refused) => {
        handed.push({ id, taken, refused });
      });
    const hearer = { heard, gap: (cause: string) => void gaps.push(cause), atOnce: bounds.atOnce ?? 100 };
    inbox = new Inbox({ clock, log: silentLog, hearer, ...bounds });
  };
  const ids = (): string[] => handed.map(({ id }) => id);
  const takeAll = (): Promise<void> => {
    for (const { taken } of handed.splice(0)) taken();
    return clock.advance(0);
  };
  beforeEach(() => {
    clock = new SimulatedClock();
    [gaps, handed] = [[], []];
  });

  it('are handed over together, as many as are taken at once, in order', async () => {
    open({ atOnce: 2 });
    for (const id of ['a', 'b', 'c', 'd']) inbox.put(eventOf(id));
    await clock.advance(0);
    assert.deepEqual(ids(), ['a']); // it came first and did not wait for others
    await takeAll();
    assert.deepEqual(ids(), ['b', 'c']);
    await takeAll();
    assert.deepEqual(ids(), ['d']);
    await takeAll();
    assert.deepEqual(gaps, []);
  });

  it('are bounded in number: the newest are dropped, and that is told at once and when there is room', async () => {
    open({ maxEvents: 2 });
    for (const id of ['a', 'b', 'c', 'd']) inbox.put(eventOf(id));
    assert.equal(gaps.length, 1);
    await takeAll();
    await takeAll();
    assert.equal(gaps.length, 2);
    inbox.put(eventOf('e'));
    assert.deepEqual(ids(), ['e']);
    await takeAll();
    assert.equal(gaps.length, 2);
  });

  it('are bounded in bytes', async () => {
    open({ maxBytes: 100 });
    inbox.put(eventOf('a', 60));
    inbox.put(eventOf('b', 60));
    assert.equal(gaps.length, 1);
    await takeAll();
    inbox.put(eventOf('c', 60));
    assert.deepEqual(ids(), ['c']);
    await takeAll();
  });

  it('are handed over again from the first that failed, after a while', async () => {
    open();
    inbox.put(eventOf('a'));
    await takeAll();
    for (const id of ['b', 'c', 'd']) inbox.put(eventOf(id));
    await takeAll(); // b alone
    const [c, d] = handed.splice(0);
    c?.refused(new Error('away'));
    d?.taken();
    await clock.advance(0);
    assert.deepEqual(ids(), []);
    await clock.advance(1_000);
    assert.deepEqual(ids(), ['c', 'd']);
    await takeAll();
    assert.deepEqual(gaps, []);
  });

  it('are waited for while none is taken, however long', async () => {
    open();
    inbox.put(eventOf('a'));
    for (let round = 0; round < 50; round += 1) {
      for (const { refused } of handed.splice(0)) refused(new Error('away'));
      await clock.advance(10_000);
    }
    await takeAll();
    assert.deepEqual(gaps, []);
  });

  it('are left when it stops and nobody takes them', async () => {
    open();
    inbox.put(eventOf('a'));
    for (const { refused } of handed.splice(0)) refused(new Error('away'));
    await clock.advance(0);
    await inbox.stop();
    assert.deepEqual(ids(), []);
  });
});
