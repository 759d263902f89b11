import assert from 'node:assert/strict';
import { accessOff, type Access } from '#core/access.ts';
import type { SecondAuthority } from '#core/ports/second-authority.ts';
import type { Subject } from '#core/subject.ts';
import { targetKey } from '#core/target.ts';
import { Turns } from '#core/turns.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import { explainRequest } from '#handlers/explain-request.ts';
import { reconcileTarget, type Reconciling } from '#handlers/reconcile.ts';
import { Flow } from './flow.ts';
import { sampleHint, sampleSource, target } from './samples.ts';

const ada: Subject = { issuer: 'corp', iss: 'https://login.example.com', sub: 'ada', claims: {} };
const main = { repository: 'org/app', ref: 'refs/heads/main' };

/** Asked about by its tests; a change without a subject is denied. */
class FakeAuthority implements SecondAuthority {
  readonly asked: string[] = [];
  says: Access = { answer: 'asked', allowed: true, user: 'oidc:ada', reason: null };

  known(cluster: string, subject: Subject | null): Access | null {
    if (cluster !== 'prod') return accessOff;
    return subject === null ? { answer: 'nobody', allowed: false } : null;
  }

  ask(subject: Subject, about: typeof target, epoch: string): Promise<Access> {
    this.asked.push(`${subject.sub} ${targetKey(about)} ${epoch.length}`);
    return Promise.resolve(this.says);
  }
}

describe('a cluster that is asked as well', () => {
  let flow: Flow;
  let authority: FakeAuthority;
  let deps: Reconciling;

  beforeEach(async () => {
    flow = await Flow.open();
    authority = new FakeAuthority();
    Object.assign(flow.deps, { authority });
    deps = {
      ...flow.deps,
      journal: flow.journal,
      recent: flow.deliveries.recent,
      inventory: flow.clusters,
      actuator: flow.clusters,
      artifacts: new Turns(),
      observer: flow.clusters,
      events: { write: () => {}, skipped: () => {} },
      log: silentLog,
      metrics: silentMetrics,
      follow: () => {},
    };
    flow.clusters.put(sampleSource({ branch: 'main' }));
  });
  afterEach(() => flow.close());

  const asks = (more: object = {}) => flow.settle(sampleHint({ action: 'requested', subject: ada, ...more }));
  const outcome = async () => {
    const { items } = await flow.journal.reconciles({}, { limit: 10, cursor: null });
    return items.map(({ state, outcome: came, reason }) => [state, came, reason]);
  };
  const denied: Access = { answer: 'asked', allowed: false, user: 'oidc:ada', reason: null };

  it('decides with what it says of whoever asks, and of the policies in force', async () => {
    const { decisions } = await asks();
    assert.deepEqual(
      decisions.map(({ verdict, facts }) => [verdict, facts['access'], facts['accessUser']]),
      [['allow', 'allowed', 'oidc:ada']],
    );
    assert.deepEqual(authority.asked, ['ada prod/GitRepository/apps/web 64']);

    authority.says = denied;
    const second = await asks();
    assert.deepEqual(
      second.decisions.map(({ verdict, rule }) => [verdict, rule]),
      [['deny', 'access']],
    );
  });

  it('asks nothing about a push, of which the config says what comes', async () => {
    const { decisions } = await flow.settle(sampleHint());
    assert.deepEqual(
      decisions.map(({ reasons }) => reasons.map(({ code }) => code)),
      [['access-nobody']],
    );
    assert.deepEqual(authority.asked, []);
  });

  it('asks nothing of clusters that have no second authority', async () => {
    flow.clusters.put(sampleSource({ branch: 'main' }, { target: { ...target, cluster: 'stage' } }));
    const { decisions } = await asks();
    assert.deepEqual(decisions.map(({ verdict, target: { cluster } }) => `${cluster} ${verdict}`).sort(), ['prod allow', 'stage allow']);
    assert.equal(authority.asked.length, 1);
  });

  it('asks again before acting, and does not act when it has changed its mind', async () => {
    await asks();
    authority.says = denied;
    await reconcileTarget(deps, targetKey(target));
    assert.deepEqual(await outcome(), [['ended', 'skipped', 'denied']]);
    assert.equal(flow.clusters.tries, 0);
  });

  it('waits before acting while the cluster is away', async () => {
    await asks();
    authority.says = { answer: 'unavailable', why: 'prod: no answer', passing: true };
    await assert.rejects(reconcileTarget(deps, targetKey(target)), /no answer/);
    assert.deepEqual(await outcome(), [['queued', null, null]]);
    authority.says = { answer: 'asked', allowed: true, user: 'oidc:ada', reason: null };
    await reconcileTarget(deps, targetKey(target));
    assert.equal(flow.clusters.tries, 1);
  });

  it('is asked by explain too, about whoever asks and about whoever asked', async () => {
    authority.says = denied;
    const explaining = { ...flow.deps, journal: flow.journal };
    const [supposed] = (await explainRequest(explaining, main, ada)).targets;
    assert.deepEqual([supposed?.moves, supposed?.decision.rule], [false, 'access']);
    const { change } = await asks();
    const [past] = (await explainRequest(explaining, { change: change.id })).targets;
    assert.equal(past?.decision.facts['accessUser'], 'oidc:ada');
    const [push] = (await explainRequest(explaining, main)).targets;
    assert.deepEqual(
      push?.decision.reasons.map(({ code }) => code),
      ['access-nobody'],
    );
  });
});
