import assert from 'node:assert/strict';
import type { Account } from '#core/account.ts';
import { systemClock } from '#core/clock.ts';
import type { Decision } from '#core/decision.ts';
import { FakeReadBack } from '#core/ports/fake-read-back.ts';
import type { PullFacts } from '#core/ports/read-back.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import type { SubmitRequirement } from '#core/review.ts';
import { targetKey } from '#core/target.ts';
import { Turns } from '#core/turns.ts';
import { repayCluster } from '#handlers/owed.ts';
import { reconcileTarget } from '#handlers/reconcile.ts';
import { sweepSource } from '#handlers/sweep.ts';
import { Flow } from './flow.ts';
import { sampleHint, sampleSource, sha, target } from './samples.ts';

const MAIN = 'refs/heads/main';
const [a, b, c] = ['a', 'b', 'c'].map(sha) as [string, string, string];
const policy = (rule = ''): string => `
apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: apps }
spec:
  targets: [ { clusters: [ "*" ], namespaces: [ apps ] } ]
  changes: [ { source: hub, repositories: [ "org/*" ], refs: [ refs/heads/main ]${rule} } ]
`;
const bob: Account = { account: '2', name: 'bob', kind: 'human' };

describe('changes of a source with submit requirements', () => {
  let flow: Flow;
  let readBack: FakeReadBack;
  let history: string[];
  /** By commit, what became of the requirement of the change that brought it; absent: it was pushed. */
  let statuses: Map<string, SubmitRequirement['status']>;

  beforeEach(async () => {
    [history, statuses] = [[a], new Map()];
    readBack = new FakeReadBack();
    readBack.told = (base, head) => {
      const ids = history.slice(history.indexOf(base) + 1, history.indexOf(head) + 1).toReversed();
      const broughtBy = (id: string) => (statuses.has(id) ? (id.codePointAt(0) ?? 0) : null);
      const commits = ids.map((id) => ({
        id,
        title: `Change ${id.slice(0, 1)}`,
        account: '2',
        hands: [bob],
        broughtBy: broughtBy(id),
        signed: null,
      }));
      return { commits, commitCount: commits.length, pulls: ids.flatMap(changeOf), course: base === head ? 'same' : 'ahead', lacked: [] };
    };
    flow = await Flow.open(systemClock, readBack);
    flow.policy = policy();
    const adapters = new Map([...flow.deps.adapters].map(([name, hub]) => [name, { ...hub, votes: true } satisfies SourceAdapter]));
    Object.assign(flow.deps, { adapters });
    flow.clusters.put(sampleSource({ branch: 'main' }, { artifactRevision: `main@sha1:${a}` }));
  });
  afterEach(() => flow.close());

  function changeOf(id: string): readonly PullFacts[] {
    const status = statuses.get(id);
    if (status === undefined) return [];
    const number = id.codePointAt(0) ?? 0;
    const review = {
      ...{ id: String(number), url: null, owner: bob, uploader: bob, submitter: bob, submittedAt: 1, submission: null, topic: null },
      ...{ requirements: [{ name: 'Code-Review', status }], votes: [], reverts: null, rules: null },
    };
    return [{ number, title: 'A change', author: bob, mergedBy: bob, base: MAIN, head: id, reviews: [], review }];
  }

  /** Moves the branch; without a status it is pushed there. */
  function moved(to: string, status?: SubmitRequirement['status']): void {
    if (status) statuses.set(to, status);
    history.push(to);
    readBack.move('org/app', MAIN, history);
  }

  async function told(to: string, status?: SubmitRequirement['status']): Promise<Decision> {
    moved(to, status);
    const hint = sampleHint({ before: history.at(-2) ?? null, after: to, commit: to, actors: [{ role: 'pusher', ...bob }] });
    return (await flow.settle(hint)).decisions[0] ?? assert.fail('no decision');
  }

  async function swept(): Promise<Decision> {
    const adapter = flow.deps.adapters.get('hub') ?? assert.fail();
    const deps = { clock: flow.clock, log: silentLog, journal: flow.journal, inventory: flow.clusters, onAccepted: () => undefined };
    await sweepSource(deps, adapter, readBack, 'test');
    await flow.handle();
    return (await flow.journal.decisions({}, { limit: 1, cursor: null })).items[0] ?? assert.fail('no decision');
  }

  const shown = ({ verdict, reasons }: Decision): readonly string[] => [verdict, ...reasons.map(({ code }) => code)];

  it('are asked about, though the policy says nothing of reviews', async () => {
    assert.deepEqual(shown(await told(b, 'satisfied')), ['allow', 'allowed']);
    assert.ok(readBack.asked.includes(`range org/app ${a} ${b} for reviews`), readBack.asked.join());
  });

  it('are denied when they were pushed, or forced in', async () => {
    assert.deepEqual(shown(await told(b)), ['deny', 'direct-push']);
    assert.deepEqual(shown(await told(c, 'forced')), ['deny', 'forced-submit', 'direct-push']);
    assert.equal(flow.enqueued.length, 0);
  });

  it('are judged the same when a sweep finds them', async () => {
    moved(b);
    assert.deepEqual(shown(await swept()), ['deny', 'direct-push']);
    moved(c, 'satisfied');
    assert.deepEqual(shown(await swept()), ['deny', 'direct-push']);
    statuses.set(b, 'satisfied');
    moved('d'.repeat(40), 'satisfied');
    assert.deepEqual(shown(await swept()), ['allow', 'allowed']);
  });

  it('are taken whatever they are where the policy says so, and not asked about', async () => {
    flow.policy = policy(', reviewed: false');
    assert.deepEqual(shown(await told(b)), ['allow', 'allowed']);
    assert.ok(readBack.asked.includes(`range org/app ${a} ${b}`), readBack.asked.join());
  });

  it('are denied where the source is not asked', async () => {
    const adapters = new Map([...flow.deps.adapters].map(([name, hub]) => [name, { ...hub, readBack: null }]));
    Object.assign(flow.deps, { adapters });
    flow.policy = policy(', confirmed: false');
    const { decisions } = await flow.settle(sampleHint({ after: b, commit: b }));
    assert.deepEqual(shown(decisions[0] ?? assert.fail()), ['deny', 'no-range']);
  });

  it('are judged when a change is owed to a cluster', async () => {
    flow.clusters.known.set('edge', false);
    await told(b, 'satisfied');
    flow.clusters.put(sampleSource({ branch: 'main' }, { target: { ...target, cluster: 'edge' }, artifactRevision: `main@sha1:${a}` }));
    flow.clusters.known.set('edge', true);
    await repayCluster(flow.deps, 'edge');
    const { items } = await flow.journal.decisions({}, { limit: 10, cursor: null });
    assert.deepEqual(
      items.map(({ verdict }) => verdict),
      ['allow', 'allow'],
    );
  });

  describe('before acting', () => {
    const act = async (): Promise<string> => {
      const { clusters, deps, journal, deliveries } = flow;
      const cluster = { inventory: clusters, actuator: clusters, observer: clusters, artifacts: new Turns() };
      const events = { write: () => undefined, skipped: () => undefined };
      const telling = { events, log: silentLog, metrics: silentMetrics, follow: () => undefined };
      await reconcileTarget({ ...deps, ...cluster, ...telling, journal, recent: deliveries.recent }, targetKey(target));
      const { items } = await journal.reconciles({}, { limit: 1, cursor: null });
      return items[0]?.outcome ?? items[0]?.state ?? 'none';
    };

    it('are asked about again, and go on', async () => {
      await told(b, 'satisfied');
      assert.equal(await act(), 'observing');
      assert.equal(readBack.asked.filter((one) => one.endsWith('for reviews')).length, 2);
    });

    it('are denied when a rule that took all of them does so no more', async () => {
      flow.policy = policy(', reviewed: false');
      await told(b);
      flow.policy = policy();
      assert.equal(await act(), 'skipped');
    });

    it('are denied when the source says otherwise by then', async () => {
      await told(b, 'satisfied');
      statuses.set(b, 'overridden');
      assert.equal(await act(), 'skipped');
    });

    it('are denied when their source is no longer configured', async () => {
      await told(b, 'satisfied');
      Object.assign(flow.deps, { adapters: new Map() });
      assert.equal(await act(), 'skipped');
    });
  });
});
