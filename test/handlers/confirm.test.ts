import assert from 'node:assert/strict';
import { systemClock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { FakeReadBack } from '#core/ports/fake-read-back.ts';
import type { Story } from '#core/ports/journal.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { samplePull } from '../adapters/gerrit/stories.ts';
import { Flow } from './flow.ts';
import { sampleHint, sampleSource, sha } from './samples.ts';

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(sha) as [string, string, string, string];
const MAIN = 'refs/heads/main';

const CONFIRMED_POLICY = `
apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: apps }
spec:
  targets: [ { clusters: [ "*" ], namespaces: [ apps ] } ]
  changes: [ { source: hub, repositories: [ "org/*" ], refs: [ "refs/heads/**" ] } ]
`;

describe('confirming a change with its source', () => {
  let readBack: FakeReadBack;
  let flow: Flow;
  const open = async (clock = systemClock): Promise<void> => {
    readBack = new FakeReadBack();
    flow = await Flow.open(clock, readBack);
    flow.policy = CONFIRMED_POLICY;
    flow.clusters.put(sampleSource({ branch: 'main' }, { artifactRevision: `main@sha1:${a}` }));
  };
  const standingOf = (story: Story): unknown => [
    story.change.confirmed,
    story.change.readBack?.standing,
    story.candidates.map(({ reason }) => reason),
  ];
  /** Stories of all changes, oldest first. */
  const stories = async (): Promise<readonly Story[]> => {
    const { items } = await flow.journal.changes({}, { limit: 100, cursor: null });
    return Promise.all(items.toReversed().map(async ({ id }) => (await flow.journal.story(id)) as Story));
  };

  beforeEach(() => open());
  afterEach(() => flow.close());

  it('lets a policy that asks for confirmed changes allow what the ref leads to', async () => {
    readBack.move('org/app', MAIN, [a, b]);
    const story = await flow.settle(sampleHint());
    assert.deepEqual(standingOf(story), [true, 'head', []]);
    assert.equal(story.change.readBack?.head, b);
    assert.equal(story.reconciles[0]?.revision, b);
    assert.equal(story.decisions[0]?.verdict, 'allow');
  });

  it('keeps what came since the last revision that was allowed, and what could not be learned', async () => {
    readBack.move('org/app', MAIN, [a, b]);
    readBack.files.set(`${a}..${b}`, ['apps/web.yaml', 'README.md']);
    const { change } = await flow.settle(sampleHint());
    assert.deepEqual(change.readBack?.range, {
      base: a,
      commits: 1,
      files: 2,
      firstFiles: ['apps/web.yaml', 'README.md'],
      pulls: [],
      checks: [],
      lacked: ['pulls', 'reviews', 'checks'],
    });
    readBack.move('org/app', MAIN, [a, b, c]);
    const next = await flow.settle(sampleHint({ before: b, after: c, commit: c }));
    assert.equal(next.change.readBack?.range?.base, b, 'the target still has a, but b was allowed');
  });

  it('keeps fifty changes of a review system whole, further ones in short, and says where that ends', async () => {
    const ofRange = async (count: number, from: string, to: string) => {
      readBack.told = () => ({ pulls: Array.from({ length: count }, (_, n) => samplePull(count - n, { reverts: n === 60 ? 7 : null })) });
      readBack.move('org/app', MAIN, [a, from, to]);
      const { change } = await flow.settle(sampleHint({ before: from, after: to, commit: to }));
      return change.readBack?.range ?? assert.fail('no range');
    };
    readBack.lacked = [];
    const many = await ofRange(120, a, b);
    assert.deepEqual([many.pulls.length, many.morePulls?.length, many.lacked], [50, 70, []]);
    assert.deepEqual(many.morePulls?.[10], {
      number: 60,
      review: { id: 'demo%2Fapp~60', submittedAt: Date.UTC(2026, 10, 21, 7, 51, 50), reverts: 7 },
    });
    const tooMany = await ofRange(1_100, b, c);
    assert.deepEqual([tooMany.pulls.length, tooMany.morePulls?.length, tooMany.lacked], [50, 950, ['pulls']]);
    const few = await ofRange(50, c, d);
    assert.deepEqual([few.pulls.length, few.morePulls, few.lacked], [50, undefined, []]);
  });

  it('keeps with the change why it is in doubt what the ref leads to', async () => {
    const doubts = [{ code: 'several-heads', message: 'two heads' }] as const;
    readBack.move('org/app', MAIN, [a, b], doubts);
    const { change } = await flow.settle(sampleHint());
    assert.deepEqual(change.readBack?.doubts, doubts);
    readBack.move('org/app', MAIN, [a, b, c]);
    const next = await flow.settle(sampleHint({ before: b, after: c, commit: c }));
    assert.equal(next.change.readBack?.doubts, undefined);
  });

  it('does not deploy a revision that the ref has moved on from, and enters the head that nobody told of', async () => {
    readBack.move('org/app', MAIN, [a, b, c]);
    assert.deepEqual(standingOf(await flow.settle(sampleHint())), [true, 'behind', ['not-head']]);
    await flow.handle();
    const [, swept] = await stories();
    assert.equal(swept?.delivery.kind, 'sweep');
    assert.equal(swept?.change.revision, c);
    assert.equal(swept?.reconciles.length, 1);
  });

  it('enters such a head once, whoever sees it', async () => {
    readBack.move('org/app', MAIN, [a, b, c, d]);
    await flow.deliver(sampleHint());
    await flow.handle();
    await flow.deliver(sampleHint({ before: b, after: c, commit: c }));
    await flow.handle();
    await flow.handle();
    const kinds = (await stories()).map(({ delivery }) => delivery.kind);
    assert.equal(kinds.filter((kind) => kind === 'sweep').length, 1);
  });

  it('denies what a force push has thrown away', async () => {
    readBack.move('org/app', MAIN, [a, b]);
    await flow.settle(sampleHint());
    readBack.move('org/app', MAIN, [a, d]);
    await flow.deliver(sampleHint({ before: d, after: b, commit: b }), 'hub');
    const story = await flow.settle(sampleHint({ before: a, after: d, commit: d, action: 'forced' }));
    const all = await stories();
    assert.deepEqual(standingOf(all[1] as Story), [false, 'off', ['not-head']]);
    assert.equal(story.reconciles[0]?.revision, d);
  });

  it('confirms a thousand pushes to one branch with a handful of questions', async function () {
    this.timeout(30_000);
    const history = Array.from({ length: 1_001 }, (_, n) => n.toString(16).padStart(40, '0'));
    readBack.move('org/app', MAIN, history);
    for (const [n, after] of history.slice(1).entries())
      await flow.deliver(sampleHint({ before: history[n] ?? null, after, commit: after }));
    for (let round = 0; round < 6; round++) await flow.handle();
    assert.equal((await flow.journal.counts()).deliveries.done, 1_000 + 1);
    assert.ok(readBack.asked.length < 40, `${readBack.asked.length} questions`);
    assert.equal(
      (await stories()).flatMap(({ reconciles }) => reconciles).filter(({ revision }) => revision === history.at(-1)).length > 0,
      true,
    );
  });

  it('confirms that a branch was deleted', async () => {
    const gone = await flow.settle(sampleHint({ before: b, after: null, commit: null, action: 'deleted' }));
    assert.deepEqual(standingOf(gone), [true, 'gone', ['ref-deleted']]);
  });

  it('does not believe that a branch was deleted which is there', async () => {
    await flow.close();
    const clock = new SimulatedClock();
    await open(clock);
    readBack.move('org/app', MAIN, [a, b]);
    const delivery = await flow.deliver(sampleHint({ before: b, after: null, commit: null, action: 'deleted' }));
    while ((await flow.journal.delivery(delivery))?.state === 'pending') {
      await flow.handle();
      await clock.advance(60_000);
    }
    const deleted = (await stories()).find(({ change }) => change.action === 'deleted') ?? assert.fail();
    assert.deepEqual([deleted.change.confirmed, deleted.change.readBack?.standing], [false, 'present']);
    await flow.handle();
    const head = (await stories()).find(({ change }) => change.revision === b) ?? assert.fail('the head was not entered');
    assert.deepEqual(standingOf(head), [true, 'head', []]);
  });

  it('takes a request for the head to mean the commit that the source names', async () => {
    readBack.move('org/app', MAIN, [a, b]);
    const only = { targets: ['prod/GitRepository/apps/web'], force: false };
    const { change, reconciles } = await flow.settle(sampleHint({ before: null, after: null, commit: null, action: 'requested', only }));
    assert.deepEqual([change.confirmed, change.revision, reconciles[0]?.revision], [true, b, b]);
    const other = await flow.settle(sampleHint({ before: null, after: a, commit: a, action: 'requested', only }));
    assert.deepEqual(standingOf(other), [true, 'behind', ['not-head']]);
  });

  for (const code of ['SOURCE_UNREACHABLE', 'SOURCE_LIMITED', 'SOURCE_REFUSED', 'TOOL_MISSING', 'CONFIG_INVALID'] as const) {
    it(`keeps deliveries pending for as long as the source says ${code}`, async () => {
      await flow.close();
      const clock = new SimulatedClock();
      await open(clock);
      readBack.failure = new HeadgateError(code, 'not now', { retryAfter: 5_000 });
      const delivery = await flow.deliver(sampleHint());
      for (let n = 0; n < 20; n++) {
        await flow.handle();
        await clock.advance(5_001);
      }
      const waiting = await flow.journal.delivery(delivery);
      assert.deepEqual([waiting?.state, waiting?.attempts, waiting?.reason], ['pending', 20, 'not now']);
      readBack.failure = undefined;
      readBack.move('org/app', MAIN, [a, b]);
      await flow.handle();
      assert.equal((await flow.journal.delivery(delivery))?.state, 'done');
    });
  }

  it('asks again when the source does not show yet what it announced, and believes it in the end', async () => {
    await flow.close();
    const clock = new SimulatedClock();
    await open(clock);
    readBack.move('org/app', MAIN, [a]);
    const delivery = await flow.deliver(sampleHint());
    await flow.handle();
    assert.equal((await flow.journal.delivery(delivery))?.state, 'pending');
    readBack.move('org/app', MAIN, [a, b]);
    await clock.advance(60_000);
    await flow.handle();
    assert.equal((await stories())[0]?.change.readBack?.standing, 'head');

    const lie = await flow.deliver(sampleHint({ before: b, after: d, commit: d }));
    for (let n = 0; n < 8; n++) {
      await flow.handle();
      await clock.advance(60_000);
    }
    assert.equal((await flow.journal.delivery(lie))?.state, 'done');
    assert.deepEqual(standingOf((await stories()).at(-1) as Story), [false, 'off', ['not-head']]);
  });
});
