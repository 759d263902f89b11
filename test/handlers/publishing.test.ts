import assert from 'node:assert/strict';
import { SimulatedClock } from '#core/simulated-clock.ts';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Attempt } from '#core/ports/clusters.ts';
import { digestFor } from '#core/ports/fake-publisher.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import type { Reconcile } from '#core/reconcile.ts';
import { targetKey } from '#core/target.ts';
import { Turns } from '#core/turns.ts';
import { AppliedHandler } from '#handlers/applied.ts';
import { reconcileTarget, type Reconciling } from '#handlers/reconcile.ts';
import { openPublished, registryObject, writer, type PublishedFlow } from './published.ts';
import { sampleHint, sha } from './samples.ts';

const address = 'oci://registry.example.com/infra-pay:default';
const object = registryObject('pay', { tag: 'default' });
const key = targetKey(object.target);

describe('publishing', () => {
  let made: PublishedFlow;
  let deps: Reconciling;
  let followed: Reconcile[];

  beforeEach(async () => {
    made = await openPublished();
    followed = [];
    const { flow } = made;
    deps = {
      ...flow.deps,
      journal: flow.journal,
      recent: flow.deliveries.recent,
      inventory: flow.clusters,
      actuator: flow.clusters,
      observer: flow.clusters,
      artifacts: new Turns(),
      events: { write: () => {}, skipped: () => {} },
      log: silentLog,
      metrics: silentMetrics,
      follow: (reconcile) => void followed.push(reconcile),
    };
    flow.clusters.put(object, [writer('apps')]);
  });
  afterEach(() => made.flow.close());

  const push = (before: string, after: string) =>
    made.flow.settle(sampleHint({ repository: 'infra', ref: 'branch:default', before, after, commit: after }));
  const newest = async (target = key): Promise<Reconcile> => {
    const { items } = await made.flow.journal.reconciles({ target }, { limit: 1, cursor: null });
    assert.ok(items[0]);
    return items[0];
  };
  const steps = ({ steps: all }: Reconcile): readonly string[] => all.map(({ name }) => name);
  const move = (...history: readonly string[]) => made.readBack.move('infra', 'branch:default', history);

  it('publishes what was allowed before it asks Flux, and puts it on record', async () => {
    await push(sha('a'), sha('b'));
    await reconcileTarget(deps, key);

    const reconcile = await newest();
    assert.deepEqual([made.publisher.orders, made.flow.clusters.orders.length], [[`${address} ${sha('b')}`], 1]);
    assert.deepEqual(steps(reconcile), ['queued', 'published', 'triggered']);
    assert.deepEqual(reconcile.published, { address, digest: digestFor(sha('b')), bytes: 1_000 });
    assert.deepEqual(followed[0]?.published, reconcile.published);
    const { items } = await made.flow.journal.records({ kind: 'published' }, { limit: 5, cursor: null });
    const [{ record }] = items as [(typeof items)[0]];
    assert.deepEqual(
      [record['address'], record['digest'], record['revision'], record['target']],
      [address, digestFor(sha('b')), sha('b'), key],
    );
  });

  it('publishes nothing that is denied', async () => {
    made.flow.clusters.put(object, [writer('secrets')]);
    await push(sha('a'), sha('b'));
    await reconcileTarget(deps, key);
    assert.deepEqual([made.publisher.orders, made.flow.clusters.tries], [[], 0]);
  });

  it('publishes nothing once something that is denied follows the artifact, in whichever cluster', async () => {
    await push(sha('a'), sha('b'));
    made.flow.clusters.put(registryObject('spy', { tag: 'default' }, { cluster: 'stage' }), [writer('secrets', 'stage')]);
    await reconcileTarget(deps, key);
    const { outcome, reason, message } = await newest();
    assert.deepEqual([outcome, reason, made.publisher.orders], ['skipped', 'denied', []]);
    assert.match(message ?? '', /stage\/OCIRepository\/apps\/spy follows the same artifact/);
  });

  it('waits for clusters that have not answered: what follows the artifact there would move too', async () => {
    await push(sha('a'), sha('b'));
    made.flow.clusters.known.set('stage', false);
    await assert.rejects(reconcileTarget(deps, key), /cluster stage has not answered yet/);
    assert.deepEqual(made.publisher.orders, []);
    made.flow.clusters.known.set('stage', true);
    await reconcileTarget(deps, key);
    assert.deepEqual(steps(await newest()), ['queued', 'retrying', 'published', 'triggered']);
  });

  it('publishes nothing for a change that touches nothing of what is published, and says so', async () => {
    made.readBack.files.set(`${sha('a')}..${sha('b')}`, ['apps/shop/a.yaml', 'README.md']);
    made.flow.clusters.put({ ...object, artifactRevision: `default@${digestFor(sha('a'))}`, artifactOrigin: `default@sha1:${sha('a')}` }, [
      writer('apps'),
    ]);
    await push(sha('a'), sha('b'));
    await reconcileTarget(deps, key);
    const { outcome, reason, message } = await newest();
    assert.deepEqual([outcome, reason, made.publisher.orders], ['skipped', 'paths', []]);
    assert.match(message ?? '', /none of the 2 paths that changed since a+ concerns it \(.*\): apps\/pay\/\*\*$/);

    made.readBack.files.set(`${sha('a')}..${sha('c')}`, ['apps/shop/a.yaml', 'apps/pay/a.yaml']);
    move(sha('a'), sha('b'), sha('c'));
    await push(sha('b'), sha('c'));
    await reconcileTarget(deps, key);
    assert.deepEqual(made.publisher.orders, [`${address} ${sha('c')}`]);
  });

  it('moves a tag once for everything that follows it', async () => {
    const stage = registryObject('pay', { tag: 'default' }, { cluster: 'stage' });
    made.flow.clusters.put(stage, [writer('apps', 'stage')]);
    await push(sha('a'), sha('b'));
    await Promise.all([reconcileTarget(deps, key), reconcileTarget(deps, targetKey(stage.target))]);
    const details = [await newest(), await newest(targetKey(stage.target))].map(
      (one) => one.steps.find(({ name }) => name === 'published')?.detail,
    );
    assert.equal(details.filter((detail) => detail?.endsWith('as it was')).length, 1);
    assert.equal(made.flow.clusters.orders.length, 2);
  });

  it('tries for as long as a registry is away, and says so', async () => {
    await push(sha('a'), sha('b'));
    made.publisher.failure = new HeadgateError('REGISTRY_UNREACHABLE', 'registry.example.com does not answer');
    for (let times = 0; times < 3; times++) await assert.rejects(reconcileTarget(deps, key), /does not answer/);
    assert.deepEqual((await newest()).state, 'queued');
    made.publisher.failure = undefined;
    await reconcileTarget(deps, key);
    assert.deepEqual(steps(await newest()), ['queued', 'retrying', 'published', 'triggered']);
  });

  it('fails when a registry keeps refusing', async () => {
    await push(sha('a'), sha('b'));
    made.publisher.failure = new HeadgateError('REGISTRY_REFUSED', 'headgate may not push to infra-pay');
    await assert.rejects(reconcileTarget(deps, key), /may not push/);
    const { clock } = deps;
    const later: Clock = {
      ...clock,
      now: () => clock.now() + limits.queue.refusedRetry,
      monotonic: () => clock.monotonic(),
      after: clock.after.bind(clock),
    };
    await reconcileTarget({ ...deps, clock: later }, key);
    const { outcome, reason, message, state } = await newest();
    assert.deepEqual([state, outcome, reason, message], ['ended', 'failed', 'refused', 'headgate may not push to infra-pay']);
  });

  it('fails at once when nothing can be made of the content', async () => {
    await push(sha('a'), sha('b'));
    made.publisher.failure = new HeadgateError('CONTENT_REFUSED', 'there is no Chart.yaml');
    await reconcileTarget(deps, key);
    const { outcome, reason } = await newest();
    assert.deepEqual([outcome, reason, made.flow.clusters.tries], ['failed', 'unfit', 0]);
  });

  it('never takes a tag back to what was allowed before', async () => {
    const stage = registryObject('pay', { tag: 'default' }, { cluster: 'stage' });
    made.flow.clusters.put(stage, [writer('apps', 'stage')]);
    await push(sha('a'), sha('b'));
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const begun = new Promise<void>((resolve) => {
      made.publisher.hold = () => {
        made.publisher.hold = undefined;
        resolve();
        return held;
      };
    });
    const first = reconcileTarget(deps, key);
    await begun;
    const second = reconcileTarget(deps, targetKey(stage.target)); // waits for its turn with the same revision
    move(sha('a'), sha('b'), sha('c'));
    await push(sha('b'), sha('c'));
    release();
    await first;
    await assert.rejects(second, /a newer revision was allowed/);
    await reconcileTarget(deps, targetKey(stage.target));
    await reconcileTarget(deps, key);
    assert.deepEqual(
      made.publisher.orders,
      [sha('b'), sha('c'), sha('c')].map((revision) => `${address} ${revision}`),
    );
  });

  it('gives up what is slower than its lease, and lets go of the tag', async () => {
    const clock = new SimulatedClock();
    await push(sha('a'), sha('b'));
    let begun = (): void => {};
    const waiting = new Promise<void>((resolve) => (begun = resolve));
    made.publisher.hold = ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new HeadgateError('REGISTRY_UNREACHABLE', 'aborted')));
        begun();
      });
    const attempt = assert.rejects(reconcileTarget({ ...deps, clock }, key), /could not be published to within 50 s/);
    await waiting;
    await clock.advance(limits.publish.attempt);
    await attempt;
    assert.equal(made.publisher.tags.size, 0);
  });

  it('asks Flux nothing when the object has the very artifact already', async () => {
    await push(sha('a'), sha('b'));
    const revision = `default@${digestFor(sha('b'))}`;
    const attempts: Attempt[] = [];
    made.flow.clusters.report(object.target, (attempt) => {
      attempts.push(attempt);
      return { artifactReached: true, artifactRevision: revision, outcome: 'applied' };
    });
    await reconcileTarget(deps, key);
    const { outcome, reason } = await newest();
    assert.deepEqual([outcome, reason, attempts[0]?.digest], ['skipped', 'current', digestFor(sha('b'))]);
  });

  describe('what runs', () => {
    let clock: SimulatedClock;
    let told: string[];
    let applied: AppliedHandler;

    beforeEach(async () => {
      clock = new SimulatedClock();
      made.readBack.lacked = ['files'];
      told = [];
      applied = new AppliedHandler({
        clock,
        journal: made.flow.journal,
        inventory: made.flow.clusters,
        observer: made.flow.clusters,
        adapters: made.flow.deps.adapters,
        policies: made.flow.deps.policies,
        events: { write: (_target, _reason, message) => void told.push(message) },
        log: silentLog,
        metrics: silentMetrics,
      });
      await applied.start();
    });
    afterEach(() => applied.stop());

    const runs = async (digest: string, commit: string): Promise<void> => {
      const more = { artifactRevision: `default@${digest}`, artifactOrigin: `default@sha1:${commit}` };
      made.flow.clusters.put({ ...object, ...more });
      await clock.advance(limits.applied.patience);
      await applied.judge();
    };

    it('is what was published of a change that was allowed', async () => {
      await runs(digestFor(sha('9')), sha('9')); // what it had when it was first seen
      await push(sha('a'), sha('b'));
      await reconcileTarget(deps, key);
      await runs(digestFor(sha('b')), sha('b'));
      assert.deepEqual(told, []);
    });

    it('is put on record where somebody else pushed other bytes that say that they are of the allowed commit', async () => {
      await runs(digestFor(sha('9')), sha('9'));
      await push(sha('a'), sha('b'));
      await reconcileTarget(deps, key);
      await runs(digestFor(sha('e')), sha('b'));
      assert.match(
        told[0] ?? '',
        /is applied, and no decision allowed it: it was not published here, and says that it was made from default@sha1:b+$/,
      );
      const { items } = await made.flow.journal.records({ kind: 'applied' }, { limit: 1, cursor: null });
      assert.equal(items[0]?.record['revision'], `default@${digestFor(sha('e'))}`);
    });

    it('names the decision that denied what it says it was made from', async () => {
      await runs(digestFor(sha('9')), sha('9'));
      made.flow.policy = made.flow.policy.replace('refs: [ "branch:default"', 'refs: [ "branch:stable"');
      const story = await push(sha('a'), sha('b'));
      await runs(digestFor(sha('e')), sha('b'));
      assert.ok(told[0]?.includes(`decision ${story.decisions[0]?.id} denied it`), told[0]);
    });
  });
});
