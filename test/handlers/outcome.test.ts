import assert from 'node:assert/strict';
import { limits } from '#core/limits.ts';
import type { Observation } from '#core/ports/clusters.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import type { Reconcile } from '#core/reconcile.ts';
import { SimulatedClock } from '#core/simulated-clock.ts';
import { targetKey } from '#core/target.ts';
import { Turns } from '#core/turns.ts';
import { OutcomeHandler } from '#handlers/outcome.ts';
import { reconcileTarget } from '#handlers/reconcile.ts';
import { Flow } from './flow.ts';
import { sampleHint, sampleSource, sha, target } from './samples.ts';

const at = (revision: string): string => `main@sha1:${revision}`;
const reached = { artifactReached: true, artifactRevision: at(sha('b')) };

describe('the outcome handler', () => {
  let flow: Flow;
  let clock: SimulatedClock;
  let told: string[];
  let outcomes: OutcomeHandler;
  let written: (() => void)[];

  const open = (): OutcomeHandler =>
    new OutcomeHandler({
      clock,
      journal: flow.journal,
      recent: flow.deliveries.recent,
      inventory: flow.clusters,
      actuator: flow.clusters,
      observer: flow.clusters,
      events: { write: (_target, reason, message) => void told.push(`${reason}: ${message}`) },
      announcer: flow.announcer,
      log: silentLog,
      metrics: silentMetrics,
    });

  beforeEach(async () => {
    clock = new SimulatedClock();
    flow = await Flow.open(clock);
    told = [];
    written = [];
    flow.announcer.subscribe(({ kind }) => {
      if (kind === 'reconcile') for (const wake of written.splice(0)) wake();
    });
    flow.clusters.put(sampleSource({ branch: 'main' }));
    outcomes = open();
    await outcomes.start();
  });
  afterEach(async () => {
    await outcomes.stop();
    await flow.close();
  });

  /** Delivers a push and asks Flux for it, as the queue would. */
  const push = async (after: string, before = sha('a')): Promise<string> => {
    const { reconciles } = await flow.settle(sampleHint({ before, after, commit: after }));
    const deps = {
      ...flow.deps,
      journal: flow.journal,
      recent: flow.deliveries.recent,
      inventory: flow.clusters,
      artifacts: new Turns(),
      actuator: flow.clusters,
      observer: flow.clusters,
      events: { write: () => {}, skipped: () => {} },
      follow: (reconcile: Reconcile) => outcomes.follow(reconcile),
    };
    await reconcileTarget(deps, targetKey(target));
    assert.ok(reconciles[0]);
    return reconciles[0].id;
  };

  const read = async (id: string): Promise<Reconcile> => {
    const reconcile = await flow.journal.reconcile(id);
    assert.ok(reconcile);
    return reconcile;
  };

  /** Waits, at every write, until the reconcile is as expected. */
  const until = async (id: string, expected: (reconcile: Reconcile) => boolean): Promise<Reconcile> => {
    for (;;) {
      const next = new Promise<void>((resolve) => written.push(resolve));
      const reconcile = await read(id);
      if (expected(reconcile)) return reconcile;
      await next;
    }
  };

  const report = (seen: Partial<Observation>): void => flow.clusters.report(target, seen);

  it('ends a reconcile as applied and says so on the target', async () => {
    const id = await push(sha('b'));

    report({ ...reached, outcome: 'applied' });

    const { state, outcome, endedAt } = await until(id, (reconcile) => reconcile.state === 'ended');
    assert.deepEqual([state, outcome, endedAt], ['ended', 'applied', clock.now()]);
    assert.match(told[0] ?? '', /^HeadgateApplied: chg_/);
  });

  it('records a failure in the words of Flux, and the recovery that follows', async () => {
    const id = await push(sha('b'));

    report({ ...reached, outcome: 'failed', reason: 'BuildFailed', message: 'kustomize build failed' });
    const failed = await until(id, (reconcile) => reconcile.outcome === 'failed');
    report({ ...reached, outcome: 'applied' });
    const recovered = await until(id, (reconcile) => reconcile.state === 'ended');

    assert.deepEqual([failed.state, failed.message], ['observing', 'kustomize build failed']);
    assert.equal(recovered.outcome, 'applied');
    assert.ok(recovered.steps.some(({ name }) => name === 'recovered'));
  });

  it('takes up what was under observation when it is started again', async () => {
    const id = await push(sha('b'));
    await outcomes.stop();
    report({ ...reached, outcome: 'applied' });

    outcomes = open();
    await outcomes.start();

    assert.equal((await until(id, (reconcile) => reconcile.state === 'ended')).outcome, 'applied');
  });

  it('tells the observer of newer changes, so that they can supersede', async () => {
    const first = await push(sha('b'));
    await push(sha('c'), sha('b'));

    const artifactRevision = at(sha('c'));
    flow.clusters.report(target, ({ newer }) =>
      newer.includes(sha('c')) ? { artifactRevision, outcome: 'superseded', reason: 'newer-revision' } : { artifactRevision },
    );

    assert.equal((await until(first, (reconcile) => reconcile.state === 'ended')).outcome, 'superseded');
  });

  it('keeps a bounded number of attempts while the source-controller is away', async () => {
    let before = sha('a');
    const ids: string[] = [];
    for (let n = 0; n < limits.outcome.attemptsPerTarget + 2; n++) {
      const after = String(n).padStart(40, '0');
      ids.push(await push(after, before));
      before = after;
    }

    const first = await until(ids[0] ?? '', (reconcile) => reconcile.state === 'ended');

    assert.deepEqual([first.outcome, first.reason], ['superseded', 'newer-revision']);
    assert.equal((await read(ids.at(-1) ?? '')).state, 'observing');
  });

  it('asks a source again that answers from an older state, with a new token each time and a back-off', async () => {
    const id = await push(sha('b'));
    const first = await read(id);
    report({ artifactRevision: at(sha('a')), lagging: true });

    await clock.advance(limits.outcome.lagRetryBase + limits.outcome.tick);

    const asked = await until(id, (reconcile) => reconcile.asks === 2);
    assert.equal(flow.clusters.orders.length, 2);
    assert.notEqual(asked.token, first.token);
    assert.equal(asked.token, flow.clusters.orders[1]?.order.token);
    assert.ok(asked.steps.some(({ name }) => name === 'asked-again'));
  });

  it('times out, saying what is missing', async () => {
    const id = await push(sha('b'));
    report({ artifactRevision: at(sha('a')), patience: 0 });

    await clock.advance(limits.outcome.grace + 2 * limits.outcome.tick);

    const { outcome, reason, state } = await until(id, (reconcile) => reconcile.state === 'ended');
    assert.deepEqual([outcome, reason, state], ['timed_out', 'not-at-revision', 'ended']);
  });

  it('does not let time run while the cluster is out of sight', async () => {
    const id = await push(sha('b'));
    report({ patience: 0, fresh: false });

    await clock.advance(2 * limits.outcome.grace);

    assert.equal((await read(id)).state, 'observing');
  });
});
