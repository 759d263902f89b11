import assert from 'node:assert/strict';
import { limits } from '#core/limits.ts';
import type { ClusterHealth } from '#core/ports/clusters.ts';
import type { ChainRecord, RecordKind } from '#core/ports/records.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { targetKey } from '#core/target.ts';
import { AppliedHandler } from '#handlers/applied.ts';
import { ClusterSight } from '#handlers/cluster-sight.ts';
import { RecordFeed } from '#handlers/record-feed.ts';
import { Flow } from './flow.ts';
import { sampleHint, sampleSource, sha, target } from './samples.ts';

const at = (letter: string): string => `main@sha1:${sha(letter)}`;
const key = targetKey(target);

describe('what targets run', () => {
  let flow: Flow;
  let clock: SimulatedClock;
  let told: string[];
  let counted: string[];
  let applied: AppliedHandler;

  const open = (journal = flow.journal): AppliedHandler =>
    new AppliedHandler({
      clock,
      journal,
      inventory: flow.clusters,
      observer: flow.clusters,
      adapters: flow.deps.adapters,
      policies: flow.deps.policies,
      events: { write: (_target, reason, message) => void told.push(`${reason}: ${message}`) },
      log: silentLog,
      metrics: { ...silentMetrics, ungated: (one) => void counted.push(targetKey(one)) },
    });
  const runs = (letter: string): void => flow.clusters.put({ ...sampleSource({ branch: 'main' }), artifactRevision: at(letter) });
  const judge = async (): Promise<void> => {
    await clock.advance(limits.applied.patience);
    await applied.judge();
  };
  const recorded = async (kind: RecordKind = 'applied'): Promise<readonly ChainRecord['record'][]> =>
    (await flow.journal.records({ kind }, { limit: 50, cursor: null })).items.map(({ record }) => record).toReversed();
  const revisions = async () => (await recorded()).map(({ revision, first, denied }) => [revision, first, denied]);

  beforeEach(async () => {
    clock = new SimulatedClock();
    flow = await Flow.open(clock);
    told = [];
    counted = [];
    applied = open();
    await applied.start();
  });
  afterEach(async () => {
    applied.stop();
    await flow.close();
  });

  it('is put on record when it is seen first, and told of only when it changes without a decision', async () => {
    runs('a');
    await judge();
    assert.deepEqual([await revisions(), told], [[[at('a'), true, null]], []]);
    runs('b');
    await judge();
    assert.deepEqual(await revisions(), [
      [at('a'), true, null],
      [at('b'), false, null],
    ]);
    const [, second] = await recorded();
    assert.deepEqual([second?.['target'], second?.['decision']], [key, null]);
    assert.deepEqual([told, counted], [[`HeadgateUngated: ${at('b')} is applied, and no decision allowed it`], [key]]);
  });

  it('is put on record once for each change, however often it is reported, and again when it comes back', async () => {
    for (const letter of ['a', 'b', 'b', 'a']) {
      runs(letter);
      runs(letter);
      await judge();
    }
    assert.deepEqual(
      (await revisions()).map(([revision]) => revision),
      [at('a'), at('b'), at('a')],
    );
  });

  it('has no record of its own when a decision allowed it, also one that came a moment later', async () => {
    runs('a');
    await judge();
    runs('b');
    await flow.settle(sampleHint({ before: sha('a'), after: sha('b'), commit: sha('b') }));
    await judge();
    assert.deepEqual([(await revisions()).length, told], [1, []]);
    runs('c');
    await judge();
    assert.equal((await revisions()).length, 2);
  });

  it('is told with the decision that denied it, where one did', async () => {
    runs('a');
    await judge();
    flow.policy = flow.policy.replace('org/*', 'other/*');
    const { decisions } = await flow.settle(sampleHint({ before: sha('a'), after: sha('b'), commit: sha('b') }));
    runs('b');
    await judge();
    assert.deepEqual((await revisions())[1], [at('b'), false, decisions[0]?.id]);
    assert.match(told[0] ?? '', new RegExp(`decision ${decisions[0]?.id} denied it`));
  });

  it('is nobody’s business where no policy is about the target', async () => {
    flow.policy = flow.policy.replace('namespaces: [ apps ]', 'namespaces: [ other ]');
    runs('a');
    await judge();
    assert.deepEqual(await revisions(), []);
  });

  it('is what its followers have applied, not what the source has fetched', async () => {
    const follower = { object: { ...target, kind: 'Kustomization' }, outcome: null, reason: null, message: null };
    flow.clusters.report(target, { consumers: [{ ...follower, revision: at('0') }] });
    runs('a');
    await judge();
    assert.deepEqual(await revisions(), []);
    flow.clusters.report(target, { consumers: [{ ...follower, revision: at('a') }] });
    await judge();
    assert.deepEqual(
      (await revisions()).map(([revision]) => revision),
      [at('a')],
    );
  });

  it('is remembered over a restart, and looked at again when its cluster is back in sight', async () => {
    runs('a');
    await judge();
    applied.stop();
    flow.clusters.known.set('prod', false);
    applied = open();
    await applied.start();
    runs('b');
    await judge();
    assert.equal((await revisions()).length, 1);
    flow.clusters.known.set('prod', true);
    applied.scan('prod');
    await judge();
    assert.deepEqual((await revisions()).at(-1), [at('b'), false, null]);
  });

  it('is tried again when it cannot be put on record', async () => {
    let failures = 1;
    const see: typeof flow.journal.see = (seen) =>
      failures-- > 0 ? Promise.reject(new Error('the disk is full')) : flow.journal.see(seen);
    applied.stop();
    applied = open({ ...flow.journal, see });
    await applied.start();
    runs('a');
    await judge();
    assert.deepEqual(await revisions(), []);
    await applied.judge();
    assert.equal((await revisions()).length, 1);
  });

  describe('and when nobody saw it', () => {
    let health: ClusterHealth['state'];
    let seen: string[];
    const openSight = async (): Promise<ClusterSight> => {
      const inventory = { health: () => [{ cluster: 'prod', state: health, known: true, message: null, kinds: [] }] };
      const sight = new ClusterSight({ clock, journal: flow.journal, inventory, onSight: (cluster) => seen.push(cluster) });
      await sight.start();
      return sight;
    };
    const gaps = async () =>
      (await recorded('unobserved')).map(({ cluster, beganAt, endedAt }) => [cluster, Number(endedAt) - Number(beganAt)]);
    const note = (kind: RecordKind) => flow.journal.note({ kind, at: clock.now(), content: {} });
    beforeEach(() => {
      health = 'synced';
      seen = [];
    });

    it('is on record once the cluster is in sight again, and a moment does not count', async () => {
      await note('started');
      const sight = await openSight();
      await sight.look();
      for (const away of [limits.applied.gap - 1, 60_000]) {
        health = 'unreachable';
        await sight.look();
        await clock.advance(away);
        health = 'synced';
        await sight.look();
      }
      assert.deepEqual([await gaps(), seen], [[['prod', 60_000]], ['prod', 'prod', 'prod']]);
    });

    it('reaches from the last thing on record before a start to the moment when the cluster is in sight', async () => {
      await note('started');
      await note('stopped');
      await clock.advance(3_600_000);
      await note('started');
      health = 'starting';
      const sight = await openSight();
      await sight.look();
      await clock.advance(10_000);
      health = 'synced';
      await sight.look();
      assert.deepEqual(await gaps(), [['prod', 3_610_000]]);
    });

    it('is on record at the stop for a cluster that is out of sight then', async () => {
      await note('started');
      const sight = await openSight();
      health = 'unreachable';
      await clock.advance(60_000);
      await sight.stop();
      assert.deepEqual(await gaps(), [['prod', 60_000]]);
    });
  });

  it('can be followed: those who watch are told of each record that comes', async () => {
    const heard: string[] = [];
    flow.announcer.subscribe(({ kind, id }) => void (kind === 'record' && heard.push(id)));
    const feed = new RecordFeed({ journal: flow.journal, announcer: flow.announcer });
    const note = () => flow.journal.note({ kind: 'started', at: 1, content: {} });
    await note();
    await feed.look();
    for (let count = 0; count < 2; count++) await note();
    await feed.look();
    await feed.look();
    assert.deepEqual(heard, ['2', '3']);
  });
});
