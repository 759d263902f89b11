import assert from 'node:assert/strict';
import type { Change } from '#core/change.ts';
import { targetKey } from '#core/target.ts';
import { repayCluster } from '#handlers/owed.ts';
import { Flow } from './flow.ts';
import { sampleHint, sampleSource, sha, target } from './samples.ts';

const consumerIn = (namespace: string) => ({
  object: { ...target, kind: 'Kustomization' },
  suspended: false,
  namespaces: [namespace],
  unbounded: false,
  remote: false,
  paths: null,
});

describe('the delivery handler', () => {
  let flow: Flow;
  beforeEach(async () => {
    flow = await Flow.open();
  });
  afterEach(() => flow.close());

  it('queues the target of an allowed push', async () => {
    flow.clusters.put(sampleSource({ branch: 'main' }));

    const story = await flow.settle(sampleHint());

    assert.equal(story.delivery.state, 'done');
    assert.equal(story.decisions[0]?.verdict, 'allow');
    assert.equal(story.reconciles[0]?.state, 'queued');
    assert.equal(story.reconciles[0]?.revision, sha('b'));
    assert.deepEqual(flow.enqueued, [targetKey(target)]);
  });

  it('denies a push into a namespace that no policy names, and queues nothing', async () => {
    flow.clusters.put(sampleSource({ branch: 'main' }), [consumerIn('payments')]);

    const story = await flow.settle(sampleHint());

    assert.equal(story.decisions[0]?.verdict, 'deny');
    assert.equal(story.decisions[0]?.rule, 'default');
    assert.match(story.decisions[0]?.reasons[0]?.message ?? '', /payments/);
    assert.deepEqual(story.reconciles, []);
    assert.deepEqual(flow.enqueued, []);
    assert.equal(flow.decided.length, 1);
    assert.deepEqual(flow.counted, ['hub matched 1', 'deny no-policy']);
  });

  it('gives every candidate that does not match its reason', async () => {
    flow.clusters.put(sampleSource({ branch: 'main' }));
    flow.clusters.put(sampleSource({ branch: 'dev' }, { target: { ...target, name: 'dev' } }));

    const story = await flow.settle(sampleHint());

    assert.deepEqual(
      story.candidates.map((candidate) => [candidate.target.name, candidate.reason]),
      [['dev', 'other-ref']],
    );
    assert.deepEqual(flow.counted, ['hub matched 1', 'allow allowed']);
  });

  it('says that no cluster knows the repository', async () => {
    flow.clusters.known.set('prod', true);

    const story = await flow.settle(sampleHint());

    assert.equal(story.delivery.state, 'done');
    assert.equal(story.delivery.reason, 'no cluster has a source object with this repository');
    assert.deepEqual(flow.counted, ['hub unmatched 0']);
  });

  it('uses the commit of an annotated tag as the revision', async () => {
    flow.clusters.put(sampleSource({ tag: 'v1' }));

    const story = await flow.settle(sampleHint({ ref: 'refs/tags/v1', after: sha('e'), commit: sha('f') }));

    assert.equal(story.change.after, sha('e'));
    assert.equal(story.reconciles[0]?.revision, sha('f'));
  });

  it('does not deploy what arrives late', async () => {
    flow.clusters.put(sampleSource({ branch: 'main' }));
    const newest = await flow.settle(sampleHint({ before: sha('b'), after: sha('c'), commit: sha('c') }));

    const late = await flow.settle(sampleHint({ before: sha('a'), after: sha('b') }));

    assert.equal(late.change.lateFor, newest.change.id);
    assert.equal(late.candidates[0]?.reason, 'late');
    assert.deepEqual(late.reconciles, []);
  });

  it('marks a delivery of a source that is no longer configured as dead', async () => {
    const delivery = await flow.deliver(sampleHint(), 'gone');

    await flow.deliveries.round();

    const settled = await flow.journal.delivery(delivery);
    assert.equal(settled?.state, 'dead');
    assert.match(settled?.reason ?? '', /no longer configured/);
  });

  it('lets one delivery that cannot be handled hold up no other', async () => {
    flow.clusters.put(sampleSource({ branch: 'main' }));
    const adapter = flow.deps.adapters.get('hub');
    assert.ok(adapter);
    let poisoned = 0;
    const repositoryKeys = adapter.repositoryKeys.bind(adapter);
    adapter.repositoryKeys = (repository) => {
      if (repository !== 'org/poison') return repositoryKeys(repository);
      poisoned++;
      throw new Error('cannot be read');
    };
    const bad = await flow.deliver(sampleHint({ repository: 'org/poison' }));
    await flow.deliver(sampleHint({ repository: 'org/poison' }));
    const good = await flow.deliver(sampleHint());

    await flow.deliveries.round().finally(() => {
      adapter.repositoryKeys = repositoryKeys;
    });

    assert.equal(poisoned, 3);
    assert.equal((await flow.journal.delivery(good))?.state, 'done');
    const deferred = await flow.journal.delivery(bad);
    assert.equal(deferred?.state, 'pending');
    assert.equal(deferred?.attempts, 1);
    assert.equal(deferred?.reason, 'cannot be read');
  });

  describe('while a cluster has not answered yet', () => {
    const away = sampleSource({ branch: 'main' }, { target: { ...target, cluster: 'away' } });

    it('handles the clusters that have, and owes the change to the one that has not', async () => {
      flow.clusters.put(sampleSource({ branch: 'main' }));
      flow.clusters.known.set('away', false);

      const story = await flow.settle(sampleHint());

      assert.deepEqual(story.change.owed, ['away']);
      assert.equal(story.decisions.length, 1);
    });

    it('decides nothing about a cluster of which only a part is known', async () => {
      flow.clusters.known.set('away', false);
      flow.clusters.put(away);

      const story = await flow.settle(sampleHint());

      assert.deepEqual(story.decisions, []);
    });

    it('brings the newest change of each ref to it when it answers, once', async () => {
      flow.clusters.known.set('away', false);
      await flow.settle(sampleHint({ before: sha('a'), after: sha('b'), commit: sha('b') }));
      const newest = await flow.settle(sampleHint({ before: sha('b'), after: sha('c'), commit: sha('c') }));
      flow.clusters.known.set('away', true);
      flow.clusters.put(away);

      await repayCluster(flow.deps, 'away');
      await repayCluster(flow.deps, 'away');

      const { items } = await flow.journal.reconciles({}, { limit: 10, cursor: null });
      assert.deepEqual(
        items.map(({ change, revision }) => [change, revision]),
        [[newest.change.id, sha('c')]],
      );
      assert.deepEqual(flow.enqueued, [targetKey(away.target)]);
    });
  });

  it('keeps the order of pushes that are handled together', async () => {
    flow.clusters.put(sampleSource({ branch: 'main' }));
    for (const [before, after] of [
      ['a', 'b'],
      ['c', 'd'],
      ['b', 'c'],
    ] as const) {
      await flow.deliver(sampleHint({ before: sha(before), after: sha(after), commit: sha(after) }));
    }

    await flow.deliveries.round();

    const { items } = await flow.journal.changes({}, { limit: 10, cursor: null });
    const head = items.find((change: Change) => change.after === sha('d'));
    assert.equal(items.find((change: Change) => change.after === sha('c'))?.lateFor, head?.id);
    assert.equal(head?.lateFor, null);
  });
});
