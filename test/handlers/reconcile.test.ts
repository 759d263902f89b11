import assert from 'node:assert/strict';
import { systemClock } from '#core/clock.ts';
import { FakeReadBack } from '#core/ports/fake-read-back.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import type { Reconcile } from '#core/reconcile.ts';
import { targetKey } from '#core/target.ts';
import { Turns } from '#core/turns.ts';
import { reconcileTarget, type Reconciling } from '#handlers/reconcile.ts';
import { Flow } from './flow.ts';
import { sampleHint, sampleSource, sha, target } from './samples.ts';

describe('reconcileTarget', () => {
  let flow: Flow;
  let followed: Reconcile[];
  let told: string[];
  let deps: Reconciling;

  beforeEach(async () => {
    flow = await Flow.open();
    followed = [];
    told = [];
    deps = {
      ...flow.deps,
      journal: flow.journal,
      recent: flow.deliveries.recent,
      inventory: flow.clusters,
      actuator: flow.clusters,
      artifacts: new Turns(),
      observer: flow.clusters,
      events: {
        write: (_target, reason, message) => void told.push(`${reason}: ${message}`),
        skipped: (_target, _change, why) => void told.push(`HeadgateSkipped: ${why}`),
      },
      log: silentLog,
      metrics: silentMetrics,
      follow: (reconcile) => void followed.push(reconcile),
    };
    flow.clusters.put(sampleSource({ branch: 'main' }));
  });
  afterEach(() => flow.close());

  const only = async (): Promise<Reconcile> => {
    const { items } = await flow.journal.reconciles({}, { limit: 10, cursor: null });
    assert.ok(items[0]);
    return items[0];
  };

  it('asks Flux once, by a token that derives from the reconcile, and begins to observe', async () => {
    await flow.settle(sampleHint());

    await reconcileTarget(deps, targetKey(target));

    const reconcile = await only();
    assert.deepEqual(flow.clusters.orders, [{ target: targetKey(target), order: { token: reconcile.token, run: reconcile.id } }]);
    assert.match(reconcile.token ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    assert.equal(reconcile.state, 'observing');
    assert.deepEqual(
      reconcile.steps.map(({ name }) => name),
      ['queued', 'triggered'],
    );
    assert.deepEqual(
      followed.map(({ id, token, state }) => [id, token, state]),
      [[reconcile.id, reconcile.token, 'observing']],
    );
  });

  it('names the change and the rule on the target', async () => {
    const story = await flow.settle(sampleHint({ actors: [{ role: 'pusher', account: '1', name: 'octocat', kind: 'human' }] }));

    await reconcileTarget(deps, targetKey(target));

    assert.match(told[0] ?? '', /^HeadgateTriggered: hub org\/app refs\/heads\/main bbbbbbbbbbbb by octocat/);
    assert.ok(told[0]?.includes(story.change.id));
    assert.match(told[0] ?? '', /allow by apps changes\[0\]/);
  });

  it('has nothing to do when nothing is queued', async () => {
    await reconcileTarget(deps, targetKey(target));

    assert.equal(flow.clusters.tries, 0);
  });

  it('brings the target to the newest of many pushes with one request', async () => {
    let before = sha('0');
    for (const after of ['1', '2', '3', '4'].map(sha)) {
      await flow.settle(sampleHint({ before, after, commit: after }));
      before = after;
    }

    await reconcileTarget(deps, targetKey(target));
    await reconcileTarget(deps, targetKey(target));

    assert.equal(flow.clusters.orders.length, 1);
    const { items } = await flow.journal.reconciles({}, { limit: 10, cursor: null });
    assert.deepEqual(
      items.map(({ revision, outcome, state }) => [revision, outcome, state]),
      [
        [sha('4'), null, 'observing'],
        [sha('3'), 'superseded', 'ended'],
        [sha('2'), 'superseded', 'ended'],
        [sha('1'), 'superseded', 'ended'],
      ],
    );
  });

  it('skips a suspended target without touching it', async () => {
    await flow.settle(sampleHint());
    flow.clusters.put(sampleSource({ branch: 'main' }, { suspended: true }));

    await reconcileTarget(deps, targetKey(target));

    const { outcome, reason, state } = await only();
    assert.deepEqual([outcome, reason, state], ['skipped', 'suspended', 'ended']);
    assert.equal(flow.clusters.tries, 0);
    assert.match(told[0] ?? '', /^HeadgateSkipped: skipped: suspended/);
  });

  it('skips a target of which nothing declared has changed, as long as it still has what was compared', async () => {
    const readBack = new FakeReadBack();
    readBack.move('org/app', 'refs/heads/main', [sha('a'), sha('b')]);
    readBack.files.set(`${sha('a')}..${sha('b')}`, ['README.md']);
    const adapter = flow.deps.adapters.get('hub');
    assert.ok(adapter);
    Object.assign(adapter, { readBack });
    const source = (at: string) => sampleSource({ branch: 'main' }, { paths: ['web/**'], artifactRevision: `main@sha1:${sha(at)}` });
    flow.clusters.put(source('a'));
    await flow.settle(sampleHint());
    await reconcileTarget(deps, targetKey(target));
    const { outcome, reason, message } = await only();
    assert.deepEqual([outcome, reason], ['skipped', 'paths']);
    assert.match(message ?? '', /none of the 1 paths that changed since a{40} is declared by headgate\.dev\/paths: web\/\*\*/);

    await flow.settle(sampleHint());
    flow.clusters.put(source('c'));
    await reconcileTarget(deps, targetKey(target));
    assert.equal(flow.clusters.orders.length, 1);
  });

  it('skips a target that has the revision already', async () => {
    await flow.settle(sampleHint());
    flow.clusters.report(target, { artifactReached: true, artifactRevision: `main@sha1:${sha('b')}`, outcome: 'applied' });

    await reconcileTarget(deps, targetKey(target));

    const { outcome, reason } = await only();
    assert.deepEqual([outcome, reason], ['skipped', 'current']);
    assert.equal(flow.clusters.tries, 0);
  });

  it('does not ask a source that has the revision already, but observes its consumers', async () => {
    await flow.settle(sampleHint());
    flow.clusters.report(target, { artifactReached: true, artifactRevision: `main@sha1:${sha('b')}` });

    await reconcileTarget(deps, targetKey(target));

    const { state, steps, token } = await only();
    assert.deepEqual([state, steps.at(-1)?.name, token], ['observing', 'not-triggered', null]);
    assert.equal(flow.clusters.tries, 0);
    assert.equal(followed.length, 1);
  });

  it('skips a target that has left the cluster', async () => {
    await flow.settle(sampleHint());
    flow.clusters.remove(target);

    await reconcileTarget(deps, targetKey(target));

    assert.equal((await only()).reason, 'gone');
  });

  it('keeps the work while the API server is away, and writes the same token when it is back', async () => {
    await flow.settle(sampleHint());
    flow.clusters.failure = new HeadgateError('CLUSTER_UNREACHABLE', 'connection refused');

    await assert.rejects(reconcileTarget(deps, targetKey(target)), { code: 'CLUSTER_UNREACHABLE' });
    await assert.rejects(reconcileTarget(deps, targetKey(target)), { code: 'CLUSTER_UNREACHABLE' });
    const waiting = await only();
    flow.clusters.failure = undefined;
    await reconcileTarget(deps, targetKey(target));

    assert.equal(waiting.state, 'queued');
    assert.deepEqual(
      waiting.steps.slice(1).map(({ name, detail }) => [name, detail]),
      [['retrying', 'connection refused']],
    );
    assert.equal(flow.clusters.orders.length, 1);
    assert.equal((await only()).state, 'observing');
  });

  it('tries again when the API server refuses, and ends as failed when it does so for longer than one needs to start', async () => {
    await flow.settle(sampleHint());
    flow.clusters.failure = new HeadgateError('CLUSTER_REFUSED', 'gitrepositories is forbidden');
    await assert.rejects(reconcileTarget(deps, targetKey(target)), { code: 'CLUSTER_UNREACHABLE' });
    const waiting = await only();

    const late = { ...deps, clock: { ...systemClock, now: () => Date.now() + limits.queue.refusedRetry } };
    await reconcileTarget(late, targetKey(target));

    assert.deepEqual([waiting.state, waiting.steps.at(-1)?.detail], ['queued', 'gitrepositories is forbidden']);
    const { outcome, reason, message, state } = await only();
    assert.deepEqual([outcome, reason, message, state], ['failed', 'refused', 'gitrepositories is forbidden', 'ended']);
  });

  it('gives the lease back when something fails that nobody foresaw', async () => {
    await flow.settle(sampleHint());
    flow.clusters.report(target, () => {
      throw new TypeError('a defect');
    });

    await assert.rejects(reconcileTarget(deps, targetKey(target)), TypeError);
    flow.clusters.report(target, {});
    await reconcileTarget(deps, targetKey(target));

    assert.equal((await only()).state, 'observing');
  });

  it('decides again when the policies have changed, and records why it stops', async () => {
    const story = await flow.settle(sampleHint());
    flow.policy = flow.policy.replace('org/*', 'other/*');

    await reconcileTarget(deps, targetKey(target));

    const reconcile = await only();
    assert.deepEqual([reconcile.outcome, reconcile.reason], ['skipped', 'denied']);
    assert.equal(flow.clusters.tries, 0);
    assert.notEqual(reconcile.decision, story.decisions[0]?.id);
    const decisions = (await flow.journal.story(story.change.id))?.decisions ?? [];
    assert.deepEqual(decisions.map(({ verdict }) => verdict).sort(), ['allow', 'deny']);
  });

  it('does not ask for a revision when the ref has moved on to one that was denied', async () => {
    await flow.settle(sampleHint({ before: sha('a'), after: sha('b') }));
    const allowing = flow.policy;
    flow.policy = allowing.replace('org/*', 'other/*');
    await flow.settle(sampleHint({ before: sha('b'), after: sha('c'), commit: sha('c') }));
    flow.policy = allowing;

    await reconcileTarget(deps, targetKey(target));

    assert.equal((await only()).reason, 'not-head');
    assert.equal(flow.clusters.tries, 0);
  });
});
