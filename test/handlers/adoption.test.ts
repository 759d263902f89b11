import assert from 'node:assert/strict';
import { Announcer, type Announcement, type AnnouncementBridge } from '#core/announcements.ts';
import { limits } from '#core/limits.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import type { Reconcile } from '#core/reconcile.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { adoptOutcomes } from '#handlers/adoption.ts';

/** Joins announcers as a database would. */
class Bridges {
  readonly #listeners = new Map<AnnouncementBridge, (announcement: Announcement) => void>();

  open(): AnnouncementBridge {
    const bridge: AnnouncementBridge = {
      publish: (announcement) => {
        for (const [other, listener] of this.#listeners) if (other !== bridge) listener(announcement);
      },
      subscribe: (listener) => {
        this.#listeners.set(bridge, listener);
        return () => this.#listeners.delete(bridge);
      },
    };
    return bridge;
  }
}

describe('handlers/adoption', () => {
  const clock = new SimulatedClock();
  const states = new Map<string, Reconcile['state']>();
  let stopping: AsyncDisposableStack;
  let followed: string[];
  let leader: Announcer;
  let worker: Announcer;
  let failing: boolean;

  beforeEach(() => {
    const bridges = new Bridges();
    [leader, worker] = [new Announcer(bridges.open()), new Announcer(bridges.open())];
    states.clear();
    stopping = new AsyncDisposableStack();
    followed = [];
    failing = false;
    const reconcile = async (id: string): Promise<Reconcile | undefined> => {
      if (failing) throw new Error('the journal is away');
      const state = states.get(id);
      return state && ({ id, state } as Reconcile);
    };
    const observing = async (): Promise<Reconcile[]> => {
      const all = await Promise.all([...states.keys()].map(reconcile));
      return all.filter((one) => one !== undefined && one.state === 'observing') as Reconcile[];
    };
    const deps = { clock, log: silentLog, journal: { observing, reconcile }, announcer: leader };
    adoptOutcomes(deps, { follow: ({ id }) => void followed.push(id) }, stopping);
  });
  afterEach(() => stopping.disposeAsync());

  it('follows what another process announces, once Flux has been asked for it', async () => {
    await clock.advance(0);
    states.set('one', 'queued');
    worker.announce('reconcile', 'one');
    await clock.advance(0);
    assert.deepEqual(followed, []);
    states.set('one', 'observing');
    worker.announce('reconcile', 'one');
    await clock.advance(0);
    assert.deepEqual(followed, ['one']);
  });

  it('leaves alone what its own process announces: that is followed already', async () => {
    await clock.advance(0);
    states.set('one', 'observing');
    leader.announce('reconcile', 'one');
    leader.announce('change', 'one');
    await clock.advance(0);
    assert.deepEqual(followed, []);
  });

  it('finds by itself what nobody announced, also after the journal was away', async () => {
    await clock.advance(0);
    states.set('one', 'observing');
    failing = true;
    worker.announce('reconcile', 'one');
    await clock.advance(limits.outcome.adopt);
    assert.deepEqual(followed, []);
    failing = false;
    await clock.advance(limits.outcome.adopt);
    assert.deepEqual(followed, ['one']);
  });
});
