import assert from 'node:assert/strict';
import { Announcer } from '#core/announcements.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { FakeSink } from '#core/ports/fake-sink.ts';
import type { Note, Story } from '#core/ports/journal.ts';
import type { Reconcile } from '#core/reconcile.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { Tellers } from '#handlers/tellers.ts';
import { change, decision, delivery, done, targetOf } from '../conformance/journal/material.ts';
import { SqliteWorld } from '../journal/sqlite-world.ts';

const away = (retryAfter?: number) => new HeadgateError('SINK_UNREACHABLE', 'away', retryAfter === undefined ? {} : { retryAfter });

/** An outbox in memory, and tellers over it on a simulated clock. */
class World {
  readonly clock = new SimulatedClock();
  readonly announcer = new Announcer();
  readonly counted: string[] = [];
  readonly notes: Note[] = [];
  readonly position = new Map<string, number>();
  /** What the outbox throws. */
  failure: Error | undefined;
  readonly sinks: readonly FakeSink[];
  readonly tellers: Tellers;

  constructor(...names: readonly string[]) {
    this.sinks = names.map((name) => new FakeSink(name));
    const log = { ...silentLog, warn: () => {} };
    const metrics = { told: (sink: string, outcome: string) => void this.counted.push(`${sink} ${outcome}`) };
    this.tellers = new Tellers({ clock: this.clock, announcer: this.announcer, log, metrics, journal: this }, this.sinks);
    this.tellers.start();
  }

  /** The n-th denial comes about. */
  async happen(n: number): Promise<void> {
    this.notes.push({ seq: n, kind: 'denied', change: `chg_${n}`, decision: `dec_${n}`, reconcile: null, at: this.clock.now() });
    this.announcer.announce('change', `chg_${n}`);
    await this.clock.advance(0);
  }

  async untold(sink: string, limit: number): Promise<readonly Note[]> {
    if (this.failure) throw this.failure;
    return this.notes.filter(({ seq }) => seq > (this.position.get(sink) ?? 0)).slice(0, limit);
  }

  async told(sink: string, seq: number): Promise<void> {
    this.position.set(sink, seq);
  }

  async backlog(): Promise<ReadonlyMap<string, number | null>> {
    const oldest = async (sink: string) => (await this.untold(sink, 1))[0]?.at ?? null;
    return new Map(await Promise.all(this.sinks.map(async ({ name }) => [name, await oldest(name)] as const)));
  }

  async superseded(): Promise<readonly Reconcile[]> {
    return [];
  }

  async later(): Promise<readonly Reconcile[]> {
    return [];
  }

  /** Nothing is known of chg_404. */
  async story(id: string): Promise<Story | undefined> {
    const n = Number(id.replace('chg_', ''));
    if (n === 404) return undefined;
    const { reading: _reading, headers: _headers, body: _body, ...received } = delivery(n);
    const settled = { ...received, seq: n, state: 'done', reason: null, hint: null, attempts: 0, settledAt: 2, replayOf: null } as const;
    return {
      change: change(n),
      delivery: settled,
      candidates: [],
      decisions: [decision(`dec_${n}`, id, targetOf('web'), 'deny')],
      reconciles: [],
    };
  }
}

const ids = (sink: FakeSink | undefined) => sink?.taken.map(({ id }) => id);

describe('telling sinks', () => {
  let world: World;
  afterEach(() => world.tellers.stop());

  it('tells each what has come about, in order and as soon as it is announced', async () => {
    world = new World('a', 'b');
    await world.happen(1);
    await world.happen(2);
    for (const sink of world.sinks) assert.deepEqual(ids(sink), ['dec_1-denied', 'dec_2-denied']);
    const [news] = world.sinks[0]?.taken ?? [];
    assert.deepEqual([news?.kind, news?.target.name, news?.story.change.id, news?.reconcile], ['denied', 'web', 'chg_1', null]);
    assert.deepEqual(world.counted.toSorted(), ['a told', 'a told', 'b told', 'b told']);
  });

  it('finds what nobody announced', async () => {
    world = new World('a');
    await world.clock.advance(0);
    world.notes.push({ seq: 1, kind: 'denied', change: 'chg_1', decision: 'dec_1', reconcile: null, at: 1 });
    await world.clock.advance(limits.tell.poll);
    assert.deepEqual(ids(world.sinks[0]), ['dec_1-denied']);
  });

  it('passes over what a sink does not want, and what has no story any more', async () => {
    world = new World('a');
    const [a] = world.sinks;
    assert.ok(a);
    a.filter = ({ story }) => story.change.id !== 'chg_2';
    for (const n of [1, 2, 404]) await world.happen(n);
    assert.deepEqual(ids(a), ['dec_1-denied']);
    assert.equal(world.position.get('a'), 404);
  });

  it('goes on to the next when a sink refuses one for good', async () => {
    world = new World('a');
    const [a] = world.sinks;
    assert.ok(a);
    a.failure = new HeadgateError('SINK_REFUSED', 'gone');
    await world.happen(1);
    a.failure = undefined;
    await world.happen(2);
    assert.deepEqual(ids(a), ['dec_2-denied']);
    assert.deepEqual(world.counted, ['a refused', 'a told']);
  });

  it('lets the first wait, and all behind it, while a sink cannot be told; no other waits for that', async () => {
    world = new World('a', 'b');
    const [a, b] = world.sinks;
    assert.ok(a);
    a.failure = away();
    for (const n of [1, 2]) await world.happen(n);
    assert.deepEqual([ids(a), ids(b)?.length, a.asked], [[], 2, 1]);
    const [sick, well] = await world.tellers.health();
    assert.deepEqual([sick?.name, sick?.trouble?.code, well?.trouble, well?.oldestAt], ['a', 'SINK_UNREACHABLE', null, null]);
    assert.equal(sick?.oldestAt, world.notes[0]?.at);
    a.failure = undefined;
    await world.clock.advance(limits.tell.backOffCap);
    assert.deepEqual(ids(a), ['dec_1-denied', 'dec_2-denied']);
    assert.equal((await world.tellers.health())[0]?.trouble, null);
  });

  it('lets a sink that hangs hold up nobody else', async () => {
    world = new World('a', 'b');
    const [a, b] = world.sinks;
    assert.ok(a);
    const { promise, resolve } = Promise.withResolvers<void>();
    a.gate = promise;
    await world.happen(1);
    assert.deepEqual([ids(a), ids(b)], [[], ['dec_1-denied']]);
    resolve();
    await world.clock.advance(0);
    assert.deepEqual(ids(a), ['dec_1-denied']);
  });

  it('tries less and less often, and not because there is more to tell', async () => {
    world = new World('a');
    const [a] = world.sinks;
    assert.ok(a);
    a.failure = away();
    await world.happen(1);
    for (let n = 2; n < 50; n++) await world.happen(n);
    assert.equal(a.asked, 1);
    await world.clock.advance(60 * 60_000);
    assert.ok(a.asked > 12 && a.asked < 60, `${a.asked} tries in an hour`);
  });

  it('waits for as long as the sink asks, within bounds', async () => {
    world = new World('a');
    const [a] = world.sinks;
    assert.ok(a);
    a.failure = away(90_000);
    await world.happen(1);
    a.failure = away(0);
    await world.clock.advance(89_999);
    assert.equal(a.asked, 1);
    await world.clock.advance(1);
    assert.equal(a.asked, 2);
    a.failure = away(7 * 24 * 60 * 60_000);
    await world.clock.advance(limits.tell.backOffBase);
    assert.equal(a.asked, 3);
    await world.clock.advance(limits.tell.retryAfterMax);
    assert.equal(a.asked, 4);
  });

  it('gives up what a failing sink could not be told for a day, and tells what is younger', async () => {
    world = new World('a');
    const [a] = world.sinks;
    assert.ok(a);
    a.failure = away();
    await world.happen(1);
    await world.happen(2);
    await world.clock.advance(limits.tell.maxAge - 60 * 60_000);
    await world.happen(3);
    await world.clock.advance(2 * 60 * 60_000);
    assert.equal(world.position.get('a'), 2);
    a.failure = undefined;
    await world.clock.advance(limits.tell.backOffCap);
    assert.deepEqual(ids(a), ['dec_3-denied']);
    assert.deepEqual(
      world.counted.filter((one) => one !== 'a retried'),
      ['a given_up', 'a given_up', 'a told'],
    );
  });

  it('tells what is older when the sink never failed: it was Headgate that was away', async () => {
    world = new World('a');
    world.notes.push({ seq: 1, kind: 'denied', change: 'chg_1', decision: 'dec_1', reconcile: null, at: 0 });
    await world.clock.advance(limits.tell.poll);
    assert.deepEqual(ids(world.sinks[0]), ['dec_1-denied']);
  });

  it('goes on when the journal could not be read', async () => {
    world = new World('a');
    world.failure = new HeadgateError('JOURNAL_UNAVAILABLE', 'the disk');
    await world.happen(1);
    await world.clock.advance(limits.tell.poll);
    world.failure = undefined;
    await world.clock.advance(limits.tell.backOffCap);
    assert.deepEqual(ids(world.sinks[0]), ['dec_1-denied']);
  });

  it('waits at its end for what is being told, within a bound', async () => {
    world = new World('a', 'b');
    const [a, b] = world.sinks;
    assert.ok(a && b);
    const { promise, resolve } = Promise.withResolvers<void>();
    a.gate = promise;
    const never = Promise.withResolvers<void>();
    b.gate = never.promise;
    await world.happen(1);
    let stopped = false;
    const stopping = world.tellers.stop().then(() => (stopped = true));
    resolve();
    await world.clock.advance(limits.tell.stop - 1);
    assert.deepEqual([ids(a), world.position.get('a'), stopped], [['dec_1-denied'], 1, false]);
    await world.clock.advance(1);
    await stopping;
    assert.equal(world.position.get('b'), undefined);
    never.resolve();
  });
});

describe('telling sinks from a journal', () => {
  let journal: SqliteWorld;
  beforeEach(async () => {
    journal = await SqliteWorld.open({ sinks: ['a'] });
  });
  afterEach(() => journal.destroy());

  const tellersOf = (sink: FakeSink): Tellers => {
    const { clock } = journal;
    const tellers = new Tellers({ clock, announcer: new Announcer(), log: silentLog, metrics: { told() {} }, journal: journal.journal }, [
      sink,
    ]);
    tellers.start();
    return tellers;
  };

  const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
  };

  it('tells after a crash what had not been told before it', async () => {
    for (const n of [1, 2, 3]) await journal.journal.append(delivery(n));
    await journal.journal.settle([done(1, ['web']), done(2, ['web'])]);
    const before = new FakeSink('a');
    const first = tellersOf(before);
    await until(async () => (await journal.journal.untold('a', 10)).length === 0);
    before.gate = Promise.withResolvers<void>().promise; // it may look once more by itself
    await journal.journal.settle([done(3, ['web'])]);
    const stopping = first.stop();
    await journal.clock.advance(limits.tell.stop);
    await stopping;
    await journal.crash();
    const after = new FakeSink('a');
    const second = tellersOf(after);
    await until(() => after.taken.length > 0);
    assert.deepEqual(ids(before), ['rec_1_web-allowed', 'rec_2_web-allowed']);
    assert.deepEqual(ids(after), ['rec_3_web-allowed']);
    assert.equal(after.taken[0]?.reconcile?.id, 'rec_3_web');
    await second.stop();
  });
});
