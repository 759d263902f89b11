import assert from 'node:assert/strict';
import { systemClock } from '#core/clock.ts';
import type { Decision } from '#core/decision.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { FakeReadBack } from '#core/ports/fake-read-back.ts';
import type { Account } from '#core/account.ts';
import type { PullFacts, RangeCommit } from '#core/ports/read-back.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import type { SignedObject } from '#core/signature.ts';
import { targetKey } from '#core/target.ts';
import { Turns } from '#core/turns.ts';
import { explainRequest } from '#handlers/explain-request.ts';
import { repayCluster } from '#handlers/owed.ts';
import { RangeMemory } from '#handlers/range-memory.ts';
import { reconcileTarget, type Reconciling } from '#handlers/reconcile.ts';
import { Flow } from './flow.ts';
import { sampleHint, sampleSource, sha, target } from './samples.ts';

const MAIN = 'refs/heads/main';
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(sha) as [string, string, string, string];

const person = (name: string, id: string): string => `
---
apiVersion: headgate.dev/v1alpha1
kind: Person
metadata: { name: ${name} }
spec: { accounts: [ { source: hub, account: "${id}" } ] }
`;
const people = person('ada', '1') + person('bob', '2');
const policy = (rules: string): string => `
apiVersion: headgate.dev/v1alpha1
kind: GatePolicy
metadata: { name: apps }
spec:
  targets: [ { clusters: [ "*" ], namespaces: [ apps ] } ]
  changes: [ { source: hub, repositories: [ "org/*" ], refs: [ "refs/heads/**", "refs/tags/**" ] } ]
${rules}
${people}`;
const REVIEWED = policy('  reviews: [ { required: 1 } ]');

const account = (name: string, id: string): Account => ({ account: id, name, kind: 'human' });
const [ada, bob] = [account('ada', '1'), account('bob', '2')];
const push = (to: string, from = a) => sampleHint({ before: from, after: to, commit: to, actors: [{ role: 'pusher', ...bob }] });

/** A pull request of bob that brought this commit by a fast-forward, approved by ada. */
const pull = (commit: string): PullFacts => ({
  number: commit.codePointAt(0) ?? 0,
  title: 'A change',
  author: bob,
  mergedBy: bob,
  base: MAIN,
  head: commit,
  reviews: [{ by: ada, state: 'APPROVED', commit, at: 1_000, canWrite: true }],
});

describe('rules about what came since the last allowed revision', () => {
  let flow: Flow;
  let readBack: FakeReadBack;
  let deps: Reconciling;
  /** Commits that nobody reviewed. */
  let unreviewed: Set<string>;
  let history: string[];

  beforeEach(async () => {
    readBack = new FakeReadBack();
    unreviewed = new Set();
    history = [a];
    readBack.told = (base, head) => {
      const ids = history.slice(history.indexOf(base) + 1, history.indexOf(head) + 1).toReversed();
      const commits: RangeCommit[] = ids.map((id) => ({
        id,
        title: `Change ${id.slice(0, 1)}`,
        account: '2',
        hands: [bob],
        broughtBy: unreviewed.has(id) ? null : (id.codePointAt(0) ?? 0),
        signed: null,
      }));
      return { commits, commitCount: commits.length, pulls: ids.map(pull), course: base === head ? 'same' : 'ahead', lacked: [] };
    };
    flow = await Flow.open(systemClock, readBack);
    flow.policy = REVIEWED;
    Object.assign(flow.deps, { remembered: new RangeMemory() });
    deps = {
      ...flow.deps,
      journal: flow.journal,
      recent: flow.deliveries.recent,
      inventory: flow.clusters,
      actuator: flow.clusters,
      artifacts: new Turns(),
      observer: flow.clusters,
      events: { write: () => undefined, skipped: () => undefined },
      log: silentLog,
      metrics: silentMetrics,
      follow: () => undefined,
    };
    flow.clusters.put(sampleSource({ branch: 'main' }, { artifactRevision: `main@sha1:${a}` }));
  });
  afterEach(() => flow.close());

  async function pushed(to: string): Promise<Decision> {
    history.push(to);
    readBack.move('org/app', MAIN, history);
    const { decisions } = await flow.settle(push(to, history.at(-2)));
    return decisions[0] ?? assert.fail('no decision');
  }

  const ranges = (): readonly string[] => readBack.asked.filter((question) => question.startsWith('range'));

  it('are judged from what the target has when it is first decided for, and from what was allowed then', async () => {
    const first = await pushed(b);
    assert.deepEqual([first.verdict, first.facts['base']], ['allow', a], first.reasons[0]?.message);
    const second = await pushed(c);
    assert.deepEqual([second.verdict, second.facts['base']], ['allow', b]);
    assert.deepEqual(ranges(), [`range org/app ${a} ${b} for reviews`, `range org/app ${b} ${c} for reviews`]);
  });

  it('name an unreviewed commit under a reviewed tip', async () => {
    unreviewed.add(b);
    history.push(b);
    const decision = await pushed(c);
    assert.deepEqual([decision.verdict, decision.rule], ['deny', 'apps reviews[0]']);
    assert.match(decision.reasons[0]?.message ?? '', /commit bbbbbbbbbbbb "Change b": no pull request/);
  });

  it('never count from a denied revision that Flux fetched all the same', async () => {
    unreviewed.add(b);
    assert.equal((await pushed(b)).verdict, 'deny');
    flow.clusters.put(sampleSource({ branch: 'main' }, { artifactRevision: `main@sha1:${b}` }));
    const decision = await pushed(c);
    assert.deepEqual([decision.verdict, decision.facts['base']], ['deny', a]);
    assert.match(decision.reasons[0]?.message ?? '', /commit bbbbbbbbbbbb/);
  });

  it('deny a target that has nothing yet, and say what to do', async () => {
    flow.clusters.put(sampleSource({ branch: 'main' }));
    const decision = await pushed(b);
    assert.deepEqual([decision.verdict, decision.reasons[0]?.code, decision.facts['base']], ['deny', 'no-range', null]);
    assert.match(decision.reasons[0]?.message ?? '', /nothing yet to count from.*ask again/);
  });

  it('count for each target from its own base, and deny what would need too many questions', async () => {
    const count = limits.readBack.ranges + 1;
    history = Array.from({ length: count }, (_, index) => String(index).repeat(40));
    for (const [index, has] of history.entries())
      flow.clusters.put(
        sampleSource({ branch: 'main' }, { target: { ...target, name: `web-${index}` }, artifactRevision: `main@sha1:${has}` }),
      );
    flow.clusters.remove(target);
    history.push(b);
    readBack.move('org/app', MAIN, history);
    const { decisions } = await flow.settle(push(b));
    assert.deepEqual(decisions.map(({ verdict }) => verdict).toSorted(), [...Array.from({ length: count - 1 }, () => 'allow'), 'deny']);
    assert.deepEqual(new Set(decisions.map(({ facts }) => facts['base'])).size, count);
    const denied = decisions.find(({ verdict }) => verdict === 'deny');
    assert.match(denied?.reasons[0]?.message ?? '', /more than 4 different revisions/);
  });

  it('ask nothing beyond what people are shown where no policy needs it', async () => {
    flow.policy = policy('');
    assert.equal((await pushed(b)).verdict, 'allow');
    assert.deepEqual(ranges(), [`range org/app ${a} ${b}`]);
  });

  it('are denied where the source is not asked', async () => {
    const adapters = new Map([...flow.deps.adapters].map(([name, hub]) => [name, { ...hub, readBack: null }]));
    Object.assign(flow.deps, { adapters });
    flow.policy = REVIEWED.replace('refs/tags/**" ]', 'refs/tags/**" ], confirmed: false');
    const { decisions } = await flow.settle(push(b));
    assert.deepEqual(
      decisions[0]?.reasons.map(({ code }) => code),
      ['no-range'],
    );
    assert.match(decisions[0]?.reasons[0]?.message ?? '', /source hub is not asked/);
  });

  it('know the pusher of what is asked for again', async () => {
    unreviewed.add(b);
    await pushed(b);
    unreviewed.clear();
    const asked = { ...push(b), before: null, action: 'requested' as const, actors: [] };
    const { decisions, change } = await flow.settle(asked);
    assert.deepEqual(
      change.actors.map(({ role, name }) => `${role} ${name}`),
      ['pusher bob'],
    );
    assert.equal(decisions[0]?.verdict, 'allow', decisions[0]?.reasons[0]?.message);
  });

  it('take the commit that the source names for a tag, whatever was told of it', async () => {
    readBack.move('org/app', 'refs/tags/v1', [a, b]);
    const { change } = await flow.settle({ ...push(b), ref: 'refs/tags/v1', commit: c, after: b });
    assert.equal(change.revision, b);
  });

  describe('before acting', () => {
    const outcome = async (): Promise<string> => {
      const { items } = await flow.journal.reconciles({}, { limit: 1, cursor: null });
      return items[0]?.outcome ?? items[0]?.state ?? 'none';
    };

    it('rest on what the source said when nothing has changed', async () => {
      await pushed(b);
      await reconcileTarget(deps, targetKey(target));
      assert.equal(await outcome(), 'observing');
      assert.equal(ranges().length, 1);
    });

    it('are asked for again when policies have changed, from the same base', async () => {
      await pushed(b);
      flow.policy = REVIEWED.replace('required: 1', 'required: 2');
      await reconcileTarget(deps, targetKey(target));
      assert.equal(await outcome(), 'skipped');
      assert.deepEqual(
        ranges(),
        Array.from({ length: 2 }, () => `range org/app ${a} ${b} for reviews`),
      );
    });

    it('are asked for again when people have changed, and a review counts no more', async () => {
      await pushed(b);
      flow.policy = REVIEWED.replace(person('ada', '1'), person('eve', '9'));
      await reconcileTarget(deps, targetKey(target));
      assert.equal(await outcome(), 'skipped');
    });

    it('are asked for again by a server that remembers nothing', async () => {
      await pushed(b);
      await reconcileTarget({ ...deps, remembered: new RangeMemory() }, targetKey(target));
      assert.deepEqual([await outcome(), ranges().length], ['observing', 2]);
    });

    it('wait for a source that is out of reach', async () => {
      await pushed(b);
      readBack.failure = new HeadgateError('SOURCE_UNREACHABLE', 'gone');
      await assert.rejects(reconcileTarget({ ...deps, remembered: undefined }, targetKey(target)), /gone/);
      assert.equal(await outcome(), 'queued');
      assert.equal(flow.clusters.orders.length, 0);
      readBack.failure = undefined;
      await reconcileTarget({ ...deps, remembered: undefined }, targetKey(target));
      assert.equal(await outcome(), 'observing');
    });

    it('deny what was decided without a base once a policy needs one', async () => {
      flow.policy = policy('');
      flow.clusters.put(sampleSource({ branch: 'main' }));
      await pushed(b);
      flow.policy = REVIEWED;
      await reconcileTarget(deps, targetKey(target));
      assert.equal(await outcome(), 'skipped');
    });
  });

  it('are asked for when a change is owed to a cluster', async () => {
    flow.clusters.known.set('edge', false);
    await pushed(b);
    flow.clusters.put(sampleSource({ branch: 'main' }, { target: { ...target, cluster: 'edge' }, artifactRevision: `main@sha1:${a}` }));
    flow.clusters.known.set('edge', true);
    await repayCluster(flow.deps, 'edge');
    const { items } = await flow.journal.decisions({}, { limit: 10, cursor: null });
    assert.deepEqual(items.map(({ target: { cluster }, verdict }) => `${cluster} ${verdict}`).toSorted(), ['edge allow', 'prod allow']);
  });

  it('are explained by what is remembered, and otherwise said not to be judged', async () => {
    const decision = await pushed(b);
    const explaining = { ...deps, journal: flow.journal };
    const past = await explainRequest(explaining, { change: decision.change });
    assert.equal(past.targets[0]?.decision.verdict, 'allow');
    unreviewed.add(c);
    const denied = await explainRequest(explaining, { change: (await pushed(c)).change });
    assert.equal(denied.targets[0]?.decision.reasons[0]?.code, 'unreviewed');
    const forgotten = await explainRequest({ ...explaining, remembered: new RangeMemory() }, { change: decision.change });
    assert.deepEqual([forgotten.targets[0]?.decision.verdict, forgotten.targets[0]?.decision.facts['base']], ['deny', a]);
    const jane = { issuer: 'corp', iss: 'https://corp', sub: 'jane', claims: {} };
    const other = { repository: 'org/app', ref: MAIN, subject: jane };
    await assert.rejects(explainRequest(explaining, other, { ...jane, sub: 'eve' }), /asks for themselves/);
    const supposed = await explainRequest(explaining, { repository: 'org/app', ref: MAIN, revision: d });
    assert.match(supposed.notes.join(), /were not judged, because no source is asked/);
    assert.equal(supposed.targets[0]?.decision.reasons[0]?.code, 'no-range');
  });

  it('verify signatures before they are judged, and tags as the source names them', async () => {
    flow.policy = policy('  signed: { by: { people: [ ada ] } }');
    const looked: string[] = [];
    const signed: SignedObject = { payload: 'x', signature: 'y' };
    Object.assign(flow.deps, {
      signatures: {
        verify: (object: SignedObject | null) =>
          Promise.resolve(object ? { signedBy: 'ssh:SHA256:eve' } : { unsigned: 'it carries no signature' }),
        verifyTag: (tag: SignedObject | null, of: { ref: string; commit: string }) => {
          looked.push(`${of.ref} ${of.commit}`);
          return Promise.resolve(tag ? { signedBy: 'ssh:SHA256:eve' } : { unsigned: 'none' });
        },
      },
    });
    assert.match((await pushed(b)).reasons[0]?.message ?? '', /it carries no signature/);
    const told = readBack.told;
    readBack.told = (base, head) => ({ ...told(base, head), commits: told(base, head).commits?.map((one) => ({ ...one, signed })) ?? [] });
    assert.match((await pushed(c)).reasons[0]?.message ?? '', /signed by ssh:SHA256:eve, which is nobody's key/);
    assert.deepEqual(ranges().at(-1), `range org/app ${a} ${c} for signatures`);
    flow.clusters.put(sampleSource({ tag: 'v1' }, { artifactRevision: `v0@sha1:${a}` }));
    readBack.move('org/app', 'refs/tags/v1', history);
    const light = await flow.settle({ ...push(c), ref: 'refs/tags/v1' });
    assert.match(light.decisions[0]?.reasons.map(({ message }) => message).join() ?? '', /refs\/tags\/v1: it is no annotated tag/);
    assert.deepEqual(looked, []);
  });
});
