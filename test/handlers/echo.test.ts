import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Account } from '#core/account.ts';
import type { Change } from '#core/change.ts';
import { systemClock, type Clock } from '#core/clock.ts';
import type { Hint, NewDelivery } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { limits } from '#core/limits.ts';
import { FakeReadBack } from '#core/ports/fake-read-back.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { Arrivals } from '#handlers/arrivals.ts';
import { RecentChanges } from '#handlers/recent-changes.ts';
import { sweepSource } from '#handlers/sweep.ts';
import { Flow } from './flow.ts';
import { sampleHint, sampleSource, sha } from './samples.ts';

const [a, b, c] = [sha('a'), sha('b'), sha('c')];
const MAIN = 'refs/heads/main';
const submitter = { role: 'pusher', account: null, name: 'ada', kind: 'unknown' } as const;
const ada: Account = { account: '1000001', name: 'ada', kind: 'human', groups: ['deployers'] };

/** As Gerrit's `ref-updated` and `change-merged` are read. */
const moved = (before: string, after: string, more: Partial<Hint> = {}): Hint =>
  sampleHint({ before, after, commit: after, actors: [submitter], occurredAt: 1_000, ...more });
const merged = (after: string, more: Partial<Hint> = {}): Hint =>
  sampleHint({ before: null, after, commit: after, actors: [submitter], occurredAt: 1_000, echo: true, ...more });

describe('several events that tell one fact', () => {
  let flow: Flow;
  let readBack: FakeReadBack;
  const open = async (asked: boolean, clock: Clock = systemClock): Promise<void> => {
    readBack = new FakeReadBack();
    flow = await Flow.open(clock, asked ? readBack : null);
    flow.clusters.put(sampleSource({ branch: 'main' }, { artifactRevision: `main@sha1:${a}` }));
  };
  const changesOf = async (ref = MAIN): Promise<readonly Change[]> =>
    (await flow.journal.changes({ ref }, { limit: 100, cursor: null })).items.toReversed();
  const settled = async (hint: Hint) => {
    const id = await flow.deliver(hint);
    await flow.handle();
    return flow.journal.delivery(id);
  };
  const reconciles = async () => (await flow.journal.reconciles({}, { limit: 10, cursor: null })).items;
  const sweep = () => {
    const deps = { clock: flow.clock, log: silentLog, journal: flow.journal, inventory: flow.clusters, onAccepted: () => {} };
    return sweepSource(deps, flow.deps.adapters.get('hub') as SourceAdapter, readBack, 'test');
  };

  afterEach(() => flow.close());

  for (const asked of [false, true]) {
    describe(asked ? 'of a source that is asked' : 'of a source that is not asked', () => {
      beforeEach(async () => {
        await open(asked);
        readBack.move('org/app', MAIN, [a, b]);
      });

      it('come to one change, one decision and one reconcile, and the others say which', async () => {
        await settled(moved(a, b));
        const echo = await settled(merged(b));
        const [change, ...more] = await changesOf();
        assert.deepEqual([change?.revision, more], [b, []]);
        assert.deepEqual([echo?.state, echo?.reason], ['done', `${change?.id} tells of it: ${MAIN} at ${b}`]);
        assert.equal((await reconciles()).length, 1);
        assert.equal((await flow.journal.decisions({}, { limit: 10, cursor: null })).items.length, 1);
      });

      it('come to the same when the echo is first', async () => {
        await settled(merged(b));
        const late = await settled(moved(a, b));
        const [change, ...more] = await changesOf();
        assert.deepEqual([change?.revision, more], [b, []]);
        assert.match(late?.reason ?? '', new RegExp(`^${change?.id} tells of it`));
        assert.equal((await reconciles()).length, 1);
      });

      it('make a change of an echo that comes alone, from where the ref is known to have been', async () => {
        await settled(merged(b, { occurredAt: 1_000 }));
        readBack.move('org/app', MAIN, [a, b, c]);
        await settled(merged(c, { occurredAt: 2_000 }));
        assert.deepEqual(
          (await changesOf()).map(({ before, revision }) => [before, revision]),
          [
            [null, b],
            [b, c],
          ],
        );
      });

      it('take an echo that is replayed through the flow again', async () => {
        await settled(moved(a, b));
        await settled(merged(b, { again: { firstAt: 1_000, handled: true } }));
        assert.equal((await changesOf()).length, 2);
      });

      it('count once in any order, however often each is told and however many wait together', async function () {
        this.timeout(30_000);
        let run = 0;
        const event = fc.record({ echo: fc.integer({ min: 0, max: 4 }), handle: fc.boolean() });
        const plan = fc.tuple(fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 1 }), fc.array(event, { maxLength: 6 }), fc.boolean());
        await fc.assert(
          fc.asyncProperty(plan, async ([first, repeated, together]) => {
            const ref = `refs/heads/any-order-${++run}`;
            readBack.move('org/app', ref, [a, b]);
            // 0 is the movement itself, the others are echoes of it; each repetition has the delivery id of the first
            for (const { echo, handle } of [...first.map((echo) => ({ echo, handle: !together })), ...repeated]) {
              await flow.deliver(echo === 0 ? moved(a, b, { ref }) : merged(b, { ref }), 'hub', `${ref} ${echo}`);
              if (handle) await flow.handle();
            }
            await flow.handle();
            assert.deepEqual(
              (await changesOf(ref)).map(({ revision, action }) => [revision, action]),
              [[b, 'updated']],
            );
          }),
          { numRuns: 40 },
        );
      });

      it('count once for each movement of a ref that goes back and forth', async function () {
        this.timeout(30_000);
        let run = 0;
        const step = fc.record({
          to: fc.constantFrom(a, b, c),
          before: fc.nat({ max: 2 }),
          after: fc.nat({ max: 2 }),
          late: fc.nat({ max: 2 }),
        });
        await fc.assert(
          fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), fc.boolean(), async (steps, ticks) => {
            const ref = `refs/heads/back-and-forth-${++run}`;
            const history = [a];
            const late: Hint[] = [];
            let movements = 0;
            for (const { to, ...echoes } of steps) {
              const from = history.at(-1) as string;
              if (to === from) continue;
              history.push(to);
              readBack.move('org/app', ref, [...history]);
              const occurredAt = ticks ? 1_000 * ++movements : 1_000 * Math.min(1, ++movements);
              const echo = merged(to, { ref, occurredAt });
              const told = [
                ...Array<Hint>(echoes.before).fill(echo),
                moved(from, to, { ref, occurredAt }),
                ...Array<Hint>(echoes.after).fill(echo),
              ];
              for (const hint of [...told, ...late.splice(0)]) await settled(hint);
              late.push(...Array<Hint>(echoes.late).fill(echo));
            }
            assert.deepEqual(
              (await changesOf(ref)).map(({ revision }) => revision),
              history.slice(1),
            );
          }),
          { numRuns: 25 },
        );
      });
    });
  }

  it('come to one change where a sweep was faster, unless the news names more people than it found', async () => {
    await open(true);
    readBack.move('org/app', MAIN, [a, b]);
    await sweep();
    await flow.handle();
    await settled(moved(a, b));
    await settled(merged(b));
    assert.deepEqual(
      (await changesOf()).map(({ revision, actors }) => [revision, actors]),
      [[b, []]],
    );
    readBack.move('org/app', MAIN, [a, b, c]);
    await sweep();
    await flow.handle();
    readBack.moved.set(`${b}..${c}`, [ada]);
    await settled(moved(b, c));
    assert.deepEqual(
      (await changesOf()).slice(1).map(({ revision, actors }) => [revision, actors.map(({ account }) => account)]),
      [
        [c, []],
        [c, [ada.account]],
      ],
    );
  });

  it('ask the source nothing for the echo of what it has confirmed', async () => {
    await open(true);
    readBack.move('org/app', MAIN, [a, b]);
    await settled(moved(a, b));
    const { length } = readBack.asked;
    await settled(merged(b));
    assert.deepEqual(readBack.asked.slice(length), []);
  });

  it('say of the echo of what is past which change told of it', async () => {
    await open(true);
    readBack.move('org/app', MAIN, [a, b]);
    await settled(moved(a, b));
    readBack.move('org/app', MAIN, [a, b, c]);
    await settled(moved(b, c));
    const echo = await settled(merged(b));
    const [first, second, ...more] = await changesOf();
    assert.deepEqual([second?.revision, more], [c, []]);
    assert.match(echo?.reason ?? '', new RegExp(`^${first?.id} tells of it`));
  });

  it('are told apart though an echo waits together with what came after it', async () => {
    await open(true);
    readBack.move('org/app', MAIN, [a, b]);
    await settled(moved(a, b));
    readBack.move('org/app', MAIN, [a, b, c]);
    await sweep();
    for (const hint of [merged(b), moved(b, c, { occurredAt: 2_000 }), merged(c, { occurredAt: 2_000 })]) await flow.deliver(hint);
    await flow.handle();
    assert.deepEqual(
      (await changesOf()).map(({ revision, confirmed }) => [revision, confirmed]),
      [
        [b, true],
        [c, true],
      ],
    );
  });

  it('are one change though the echo alone is handled when the ref has moved on', async () => {
    await open(true);
    readBack.move('org/app', MAIN, [a, b, c]);
    await settled(moved(b, c, { occurredAt: 2_000 }));
    await settled(merged(b));
    await settled(moved(a, b));
    assert.deepEqual(
      (await changesOf()).map(({ revision }) => revision),
      [c, b],
    );
  });

  it('are one change though a sweep that saw it is handled when the ref has moved on', async () => {
    await open(true);
    readBack.move('org/app', MAIN, [a, b]);
    await flow.deliver(moved(a, b));
    await sweep();
    readBack.move('org/app', MAIN, [a, b, c]);
    await flow.deliver(moved(b, c, { occurredAt: 2_000 }));
    await flow.handle();
    assert.deepEqual(
      (await changesOf()).map(({ revision }) => revision),
      [b, c],
    );
  });

  it('are one change though a look saw it first, and who did it is learned when the ref has moved on', async () => {
    await open(true);
    readBack.move('org/app', MAIN, [a, b]);
    await sweep();
    await flow.handle();
    readBack.move('org/app', MAIN, [a, b, c]);
    await settled(moved(b, c, { occurredAt: 2_000 }));
    const recovered = await settled(moved(a, b, { actors: [{ ...submitter, account: '7' }] }));
    const [first, ...more] = await changesOf();
    assert.deepEqual([first?.revision, more.map(({ revision }) => revision)], [b, [c]]);
    assert.match(recovered?.reason ?? '', new RegExp(`^${first?.id} tells of it`));
  });

  it('are one change each, and the head stays known, however many come to light late', async function () {
    this.timeout(60_000);
    await open(true);
    const old = Array.from({ length: limits.recent.changes + 8 }, (_, n) => sha(n.toString(16).padStart(2, '0')));
    readBack.move('org/app', MAIN, [a, ...old, b]);
    await settled(moved(old.at(-1) ?? a, b, { occurredAt: 9_000 }));
    for (const [n, commit] of old.entries()) await settled(moved(old[n - 1] ?? a, commit));
    await sweep();
    await flow.handle();
    for (const commit of old) await settled(merged(commit));
    assert.deepEqual(
      (await changesOf()).map(({ revision }) => revision),
      [b, ...old],
    );
    assert.equal((await reconciles()).length, 1);
  });

  it('are one change where what arrives is handled at once', async () => {
    await open(false);
    const arrivals = new Arrivals(flow.deps, new RecentChanges(flow.journal), { isIdle: () => true, onPending: () => {} });
    const accept = async (hint: Hint) => {
      const id = newId('dlv', flow.clock);
      const how: Omit<NewDelivery, 'reading'> = {
        ...{ id, deliveryId: id, source: 'hub', kind: 'stream', event: 'e', remote: '', headers: {} },
        ...{ receivedAt: flow.clock.now(), body: Buffer.from('{}') },
      };
      await arrivals.accept({ ...how, reading: { hint } });
      return (await flow.journal.delivery(id))?.state;
    };
    for (const hint of [merged(b), moved(a, b), merged(b)]) assert.equal(await accept(hint), 'done');
    assert.equal((await changesOf()).length, 1);
    assert.equal((await reconciles()).length, 1);
  });

  describe('and name a pusher without account', () => {
    beforeEach(async () => {
      await open(true);
      readBack.move('org/app', MAIN, [a, b]);
    });
    const pushers = async () => (await changesOf()).map(({ actors }) => actors);

    it('are asked about: whoever moved the ref by the record of the source has pushed, with their groups', async () => {
      readBack.moved.set(`${a}..${b}`, [ada]);
      await settled(moved(a, b));
      assert.deepEqual(await pushers(), [[{ role: 'pusher', ...ada }]]);
    });

    it('are asked about from where the ref is known to have been, when an echo does not say it', async () => {
      await settled(moved(a, b));
      readBack.move('org/app', MAIN, [a, b, c]);
      readBack.moved.set(`${b}..${c}`, [ada]);
      await settled(merged(c, { occurredAt: 2_000 }));
      assert.deepEqual((await pushers())[1], [{ role: 'pusher', ...ada }]);
    });

    it('leave the pusher without account where the source does not know, as after a direct push', async () => {
      await settled(moved(a, b));
      assert.deepEqual(await pushers(), [[submitter]]);
    });

    it('leave the pusher without account where the source names somebody else: who brought the commits need not have moved the ref', async () => {
      readBack.moved.set(`${a}..${b}`, [{ ...ada, name: 'bob' }]);
      await settled(moved(a, b));
      assert.deepEqual(await pushers(), [[submitter]]);
    });

    it('do not ask where the news says who it was, nor for what the ref has moved on from', async () => {
      await settled(moved(a, b, { actors: [{ ...submitter, account: '7' }] }));
      readBack.move('org/app', MAIN, [a, b, c, a]);
      await settled(moved(b, c, { occurredAt: 2_000 }));
      const asked = readBack.asked.filter((question) => question.startsWith('movers'));
      // of the head that nobody told of alone
      assert.ok(asked.every((question) => question === `movers org/app ${MAIN} ${b} ${a}`));
    });

    it('wait for a source that cannot tell yet, for half a minute, and for nobody else', async () => {
      await flow.close();
      const clock = new SimulatedClock();
      await open(true, clock);
      for (const ref of [MAIN, 'refs/heads/other']) readBack.move('org/app', ref, [a, b]);
      const movers = readBack.movers.bind(readBack);
      readBack.movers = async (repository, ref, before, after) => {
        if (ref === MAIN) throw new HeadgateError('SOURCE_LAGGING', 'not MERGED yet');
        return movers(repository, ref, before, after);
      };
      const lagging = await flow.deliver(moved(a, b));
      const other = await flow.deliver(moved(a, b, { ref: 'refs/heads/other' }));
      await flow.handle();
      const states = async () => [(await flow.journal.delivery(lagging))?.state, (await flow.journal.delivery(other))?.state];
      assert.deepEqual(await states(), ['pending', 'done']);
      let tries = 0;
      for (let waited = 0; waited < 29_000; waited += 250) {
        await clock.advance(250);
        await flow.handle();
        tries = (await flow.journal.delivery(lagging))?.attempts ?? 0;
      }
      assert.deepEqual(await states(), ['pending', 'done']);
      assert.ok(tries >= 8 && tries <= 20, `${tries} tries`);
      for (let n = 0; n < 10; n++) {
        await clock.advance(1_000);
        await flow.handle();
      }
      assert.deepEqual(await states(), ['done', 'done']);
      assert.deepEqual(await pushers(), [[submitter]]);
    });
  });
});
