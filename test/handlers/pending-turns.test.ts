import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Delivery } from '#core/delivery.ts';
import { limits } from '#core/limits.ts';
import { pendingTurns } from '#handlers/pending-turns.ts';
import { Flow } from './flow.ts';
import { sampleHint, sampleSource, sha } from './samples.ts';

const batch = limits.journal.pendingBatch;

/** Answers as a journal does, from deliveries by their source in the order in which they came. */
function journalOf(sources: readonly string[]): { readonly pending: (limit: number, except?: readonly string[]) => Promise<Delivery[]> } {
  const all = sources.map((source, seq) => ({ id: `dlv_${seq}`, source }) as Delivery);
  return { pending: (limit, except = []) => Promise.resolve(all.filter(({ source }) => !except.includes(source)).slice(0, limit)) };
}

describe('turns of sources', () => {
  it('give every source one, the oldest deliveries of each in order, whatever the others have', async () => {
    const source = fc.constantFrom('a', 'b', 'c', 'd');
    const runs = fc.array(fc.record({ source, times: fc.integer({ min: 1, max: 2 * batch }) }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(runs, fc.subarray(['a', 'b']), async (parts, except) => {
        const sources = parts.flatMap(({ source: name, times }) => Array.from({ length: times }, () => name));
        const turns = await pendingTurns(journalOf(sources), except);
        const expected = new Set(sources.filter((name) => !except.includes(name)));
        assert.deepEqual(new Set(turns.map((turn) => turn.source)), expected);
        assert.equal(turns.length, expected.size);
        for (const turn of turns) {
          const own = sources.flatMap((name, seq) => (name === turn.source ? [`dlv_${seq}`] : []));
          assert.ok(turn.deliveries.length > 0 && turn.deliveries.length <= batch);
          assert.deepEqual(
            turn.deliveries.map(({ id }) => id),
            own.slice(0, turn.deliveries.length),
          );
        }
        const lengths = turns.map(({ deliveries }) => deliveries.length);
        assert.deepEqual(
          lengths,
          lengths.toSorted((one, other) => one - other),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('fill a batch where one source alone has a backlog', async () => {
    const turns = await pendingTurns(journalOf(Array.from({ length: 3 * batch }, () => 'a')), []);
    assert.deepEqual(
      turns.map(({ source, deliveries }) => [source, deliveries.length]),
      [['a', batch]],
    );
  });
});

describe('a delivery of a source that is quiet', () => {
  it('is decided in the next round, however long the backlog of another source is', async function () {
    this.timeout(60_000);
    const flow = await Flow.open();
    try {
      flow.clusters.put(sampleSource({ branch: 'main' }));
      const hub = flow.deps.adapters.get('hub');
      assert.ok(hub);
      (flow.deps.adapters as Map<string, typeof hub>).set('quiet', { ...hub, name: 'quiet' });
      const backlog = 5 * batch;
      await Promise.all(Array.from({ length: backlog }, (_, n) => flow.deliver(sampleHint({ ref: `refs/heads/b${n}` }))));
      const quiet = await flow.deliver(sampleHint({ after: sha('c'), commit: sha('c') }), 'quiet');

      await flow.deliveries.round();

      assert.equal((await flow.journal.delivery(quiet))?.state, 'done');
      assert.equal((await flow.journal.counts()).deliveries.pending, backlog - batch);
    } finally {
      await flow.close();
    }
  });
});
