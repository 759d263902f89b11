import assert from 'node:assert/strict';
import { systemClock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { FakeReadBack } from '#core/ports/fake-read-back.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { sweepSource } from '#handlers/sweep.ts';
import { Sweepers, type SweeperDeps } from '#handlers/sweeper.ts';
import { Flow } from './flow.ts';
import { sampleHint, sampleSource, sha, target } from './samples.ts';

const [a, b, c] = [sha('a'), sha('b'), sha('c')];
const MAIN = 'refs/heads/main';

describe('a sweep', () => {
  let readBack: FakeReadBack;
  let flow: Flow;
  let accepted = 0;
  let swept: string[] = [];
  const open = async (clock = systemClock): Promise<void> => {
    readBack = new FakeReadBack();
    flow = await Flow.open(clock, readBack);
    accepted = 0;
    swept = [];
  };
  const adapter = (): SourceAdapter => flow.deps.adapters.get('hub') as SourceAdapter;
  const deps = (): SweeperDeps => ({
    clock: flow.clock,
    log: silentLog,
    journal: flow.journal,
    inventory: flow.clusters,
    metrics: { ...silentMetrics, swept: (source, result, when) => void swept.push(`${source} ${result} ${when}`) },
    onAccepted: () => void accepted++,
  });
  const sweep = () => sweepSource(deps(), adapter(), readBack, 'test');
  const tally = async () => {
    const { refs, entered } = await sweep();
    return { refs, entered: entered.length };
  };
  const at = (commit: string) => ({ artifactRevision: `main@sha1:${commit}` });

  beforeEach(() => open());
  afterEach(() => flow.close());

  it('enters a head that no webhook told of, and it deploys', async () => {
    flow.clusters.put(sampleSource({ branch: 'main' }, at(a)));
    readBack.move('org/app', MAIN, [a, b]);
    assert.deepEqual(await tally(), { refs: 1, entered: 1 });
    assert.equal(accepted, 1);
    await flow.handle();
    const [delivery] = (await flow.journal.deliveries({}, { limit: 1, cursor: null })).items;
    assert.deepEqual([delivery?.kind, delivery?.state], ['sweep', 'done']);
    assert.deepEqual(flow.enqueued, ['prod/GitRepository/apps/web']);
    assert.deepEqual(await tally(), { refs: 1, entered: 0 });
  });

  describe('of what nobody told of', () => {
    const ada = { account: '1', name: 'ada', kind: 'human' } as const;
    const bob = { account: '2', name: 'bob', kind: 'human' } as const;
    const actorsOf = async (commit: string) => {
      await sweep();
      await flow.handle();
      const { items } = await flow.journal.changes({}, { limit: 10, cursor: null });
      return items.find(({ revision }) => revision === commit)?.actors;
    };
    beforeEach(() => flow.clusters.put(sampleSource({ branch: 'main' }, at(a))));

    it('names everybody who pushed since what is known, where the source does', async () => {
      readBack.move('org/app', MAIN, [a, b]);
      await flow.settle(sampleHint());
      readBack.move('org/app', MAIN, [a, b, c]);
      readBack.moved.set(`${b}..${c}`, [ada, bob]);
      assert.deepEqual(await actorsOf(c), [
        { role: 'pusher', ...ada },
        { role: 'pusher', ...bob },
      ]);
    });

    it('names who pushed last where nothing is known', async () => {
      readBack.move('org/app', MAIN, [a, b]);
      readBack.moved.set(`null..${b}`, [ada]);
      assert.deepEqual(await actorsOf(b), [{ role: 'pusher', ...ada }]);
    });

    it('names nobody where the source does not name them all', async () => {
      readBack.move('org/app', MAIN, [a, b]);
      assert.deepEqual(await actorsOf(b), []);
    });
  });

  it('finds nothing where every object is at the head already, though nothing is known of the ref', async () => {
    flow.clusters.put(sampleSource({ branch: 'main' }, at(b)));
    readBack.move('org/app', MAIN, [a, b]);
    assert.deepEqual(await tally(), { refs: 1, entered: 0 });
  });

  it('finds nothing when a webhook told of the head, whatever became of it', async () => {
    flow.clusters.put(sampleSource({ branch: 'main' }, at(a)));
    readBack.move('org/app', MAIN, [a, b]);
    flow.policy = flow.policy.replace('org/*', 'other/*');
    const story = await flow.settle(sampleHint());
    assert.equal(story.decisions[0]?.verdict, 'deny');
    assert.deepEqual(await tally(), { refs: 1, entered: 0 });
  });

  it('enters a ref that goes back and forth every time', async () => {
    flow.clusters.put(sampleSource({ branch: 'main' }, at(a)));
    for (const history of [[a, b], [a], [a, b], [a, b, c]]) {
      readBack.move('org/app', MAIN, history);
      const { entered } = await tally();
      await flow.handle();
      assert.equal(entered, 1);
    }
    assert.equal((await flow.journal.counts()).deliveries.done, 4);
  });

  it('asks once for a ref that several objects follow, and not for pinned ones or repositories of others', async () => {
    const named = (name: string) => ({ target: { ...target, name } });
    flow.clusters.put(sampleSource({ branch: 'main' }, named('one')));
    flow.clusters.put(sampleSource({ branch: 'main' }, named('two')));
    flow.clusters.put(sampleSource({ commit: a }, named('pinned')));
    flow.clusters.put(sampleSource({ tag: 'v1' }, named('tag')));
    assert.equal((await sweep()).refs, 2);
    assert.deepEqual(readBack.asked, [`heads org/app ${MAIN} refs/tags/v1`]);
  });

  it('lets a repository or a ref that may not be read hide nothing else', async () => {
    for (const [repository, branch] of [
      ['org/secret', 'main'],
      ['org/app', 'main'],
      ['org/app', 'hidden'],
    ] as const) {
      const named = { target: { ...target, name: `${repository}-${branch}` }, url: `https://github.com/${repository}` };
      flow.clusters.put(sampleSource({ branch }, { ...named, ...at(a) }));
      readBack.move(repository, `refs/heads/${branch}`, [a, b]);
    }
    const heads = readBack.heads.bind(readBack);
    readBack.heads = (repository, refs) => {
      const refused = repository === 'org/secret' || refs.includes('refs/heads/hidden');
      return refused ? Promise.reject(new HeadgateError('SOURCE_REFUSED', `not ${repository}`)) : heads(repository, refs);
    };
    const { entered, refused } = await sweep();
    assert.deepEqual(
      entered.map(({ repository, ref }) => [repository, ref]),
      [['org/app', MAIN]],
    );
    assert.deepEqual(refused.map(({ message }) => message).toSorted(), ['not org/app', 'not org/secret']);
  });

  it('asks for the many branches of a repository in a few questions, also where all of them are refused', async () => {
    for (let n = 0; n < 250; n++) flow.clusters.put(sampleSource({ branch: `b${n}` }, { target: { ...target, name: `b${n}` }, ...at(a) }));
    await sweep();
    assert.equal(readBack.asked.length, 2);
    readBack.failure = new HeadgateError('SOURCE_REFUSED', 'no');
    await sweep();
    assert.ok(readBack.asked.length < 12, `${readBack.asked.length} questions`);
  });

  it('finds the highest tag that a range admits', async () => {
    const follows = { semver: '>=1.0.0 <2.0.0' };
    flow.clusters.put(sampleSource(follows, { artifactRevision: `v1.0.0@sha1:${a}` }));
    for (const [tag, commit] of [
      ['v1.0.0', a],
      ['v1.10.0', c],
      ['v1.9.0', b],
      ['v2.0.0', sha('d')],
      ['nightly', sha('e')],
    ] as const) {
      readBack.move('org/app', `refs/tags/${tag}`, [commit]);
    }
    await sweep();
    await flow.handle();
    const [change] = (await flow.journal.changes({}, { limit: 5, cursor: null })).items;
    assert.deepEqual([change?.ref, change?.revision], ['refs/tags/v1.10.0', c]);
  });

  it('runs at the start, on its interval, and soon after it is asked, never twice at once', async () => {
    await flow.close();
    const clock = new SimulatedClock();
    await open(clock);
    flow.clusters.put(sampleSource({ branch: 'main' }, at(a)));
    readBack.move('org/app', MAIN, [a]);
    const sweeper = new Sweepers(deps(), [{ adapter: adapter(), interval: 60_000 }]);
    sweeper.start();
    await clock.advance(1);
    assert.equal(readBack.asked.length, 1);
    await clock.advance(60_000);
    assert.equal(readBack.asked.length, 2);
    sweeper.ask('hub', 'a delivery was too large');
    sweeper.ask('hub', 'and another');
    sweeper.ask('nobody', 'and one for a source that cannot be asked');
    await clock.advance(10_001);
    assert.equal(readBack.asked.length, 3);
    await sweeper.stop();
  });

  it('begins as soon as a cluster has told what it contains', async () => {
    await flow.close();
    const clock = new SimulatedClock();
    await open(clock);
    let prepared = 0;
    Object.assign(readBack, { prepare: () => Promise.resolve(void prepared++) });
    flow.clusters.known.set('prod', false);
    flow.clusters.put(sampleSource({ branch: 'main' }, at(a)));
    readBack.move('org/app', MAIN, [a]);
    const sweeper = new Sweepers(deps(), [{ adapter: adapter(), interval: 60_000 }]);
    sweeper.start();
    await clock.advance(5_000);
    assert.deepEqual([prepared, readBack.asked.length], [0, 0]);
    flow.clusters.known.set('prod', true);
    await clock.advance(1_000);
    assert.deepEqual([prepared, readBack.asked.length], [1, 1]);
    await sweeper.stop();
  });

  it('goes on after a source was out of reach', async () => {
    await flow.close();
    const clock = new SimulatedClock();
    await open(clock);
    flow.clusters.put(sampleSource({ branch: 'main' }, at(a)));
    readBack.move('org/app', MAIN, [a, b]);
    readBack.failure = new HeadgateError('SOURCE_UNREACHABLE', 'down');
    const sweeper = new Sweepers(deps(), [{ adapter: adapter(), interval: 60_000 }]);
    const began = clock.now();
    sweeper.start();
    await clock.advance(1);
    readBack.failure = undefined;
    await clock.advance(60_001);
    await sweeper.stop();
    assert.deepEqual(swept, [`hub failed ${began}`, `hub done ${clock.now()}`]);
    assert.equal(accepted, 1);
  });
});
