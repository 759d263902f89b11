import assert from 'node:assert/strict';
import { targetKey } from '#core/target.ts';
import { requestReconcile, type ReconcileRequest, type Requesting } from '#handlers/request.ts';
import { Flow } from './flow.ts';
import { sampleSource, sha, target } from './samples.ts';

describe('requestReconcile', () => {
  let flow: Flow;
  let deps: Requesting;
  const signal = new AbortController().signal;
  const asked: ReconcileRequest = { cluster: 'prod', namespace: 'apps', name: 'web', requester: 'operator', remote: '127.0.0.1' };

  beforeEach(async () => {
    flow = await Flow.open();
    deps = {
      clock: flow.clock,
      journal: flow.journal,
      inventory: flow.clusters,
      adapters: flow.deps.adapters,
      announcer: flow.announcer,
      onAccepted: () => void flow.deliveries.round(),
    };
    flow.clusters.put(sampleSource({ branch: 'main' }));
  });
  afterEach(() => flow.close());

  it('journals the request, has policy decide it, and queues the target', async () => {
    const [story] = await requestReconcile(deps, asked, 0, signal);

    assert.equal(story?.delivery.kind, 'request');
    assert.equal(story?.change.action, 'requested');
    assert.equal(story?.change.actors[0]?.name, 'operator');
    assert.equal(story?.decisions[0]?.verdict, 'allow');
    assert.equal(story?.reconciles[0]?.revision, null);
    assert.deepEqual(flow.enqueued, [targetKey(target)]);
  });

  it('is denied by policy like any change', async () => {
    flow.policy = flow.policy.replace('org/*', 'other/*');

    const [story] = await requestReconcile(deps, asked, 0, signal);

    assert.equal(story?.decisions[0]?.verdict, 'deny');
    assert.deepEqual(flow.enqueued, []);
  });

  it('means the source when a consumer is named', async () => {
    const object = { ...target, kind: 'Kustomization', name: 'web-app' };
    flow.clusters.put(sampleSource({ branch: 'main' }), [
      { object, suspended: false, namespaces: ['apps'], unbounded: false, remote: false, paths: null },
    ]);

    const [story] = await requestReconcile(deps, { ...asked, kind: 'Kustomization', name: 'web-app' }, 0, signal);

    assert.deepEqual(story?.reconciles[0]?.target, target);
  });

  it('leaves other targets of the same repository alone', async () => {
    flow.clusters.put(sampleSource({ branch: 'main' }, { target: { ...target, name: 'other' } }));

    await requestReconcile(deps, asked, 0, signal);

    assert.deepEqual(flow.enqueued, [targetKey(target)]);
  });

  it('carries the revision and the wish to force', async () => {
    const [story] = await requestReconcile(deps, { ...asked, revision: sha('b'), force: true }, 0, signal);

    assert.deepEqual([story?.reconciles[0]?.revision, story?.reconciles[0]?.force], [sha('b'), true]);
  });

  it('refuses what is in no cluster', async () => {
    await assert.rejects(requestReconcile(deps, { ...asked, name: 'gone' }, 0, signal), { code: 'NOT_FOUND' });
    await assert.rejects(requestReconcile(deps, { ...asked, cluster: 'gone' }, 0, signal), { code: 'NOT_FOUND' });
  });

  it('refuses a cluster that has not answered yet, and journals nothing', async () => {
    flow.clusters.known.set('prod', false);

    await assert.rejects(requestReconcile(deps, asked, 0, signal), { code: 'CLUSTER_UNREACHABLE' });
    assert.deepEqual((await flow.journal.deliveries({}, { limit: 1, cursor: null })).items, []);
  });

  it('denies an object whose repository is on no configured source', async () => {
    flow.clusters.put(sampleSource({ branch: 'main' }, { url: 'file:///somewhere' }));

    await assert.rejects(requestReconcile(deps, asked, 0, signal), { code: 'DENIED' });
  });

  it('refuses an object that follows no ref', async () => {
    flow.clusters.put(sampleSource({ commit: sha('c') }));

    await assert.rejects(requestReconcile(deps, asked, 0, signal), { code: 'REQUEST_INVALID' });
  });

  it('waits for the outcome when asked to', async () => {
    const waiting = requestReconcile(deps, asked, 10_000, signal);
    while (flow.enqueued.length === 0) await new Promise((resolve) => flow.announcer.subscribe(resolve));
    const lease = await flow.journal.take(targetKey(target));
    assert.ok(lease);
    await flow.journal.release(lease, { state: 'ended', outcome: 'applied', endedAt: flow.clock.now() });
    flow.announcer.announce('reconcile', lease.reconcile.id);

    const [story] = await waiting;

    assert.equal(story?.reconciles[0]?.outcome, 'applied');
  });
});
