import assert from 'node:assert/strict';
import { targetKey } from '#core/target.ts';
import { allPages } from '../../conformance/journal/material.ts';
import type { Model, Real } from './state.ts';

/** The journal holds what the model holds, no more and no less. */
export async function assertSame(model: Model, { journal, clock }: Real): Promise<void> {
  const deliveries = (await journal.deliveries({}, allPages)).items.map(({ id, state }) => [id, state]).toReversed();
  assert.deepEqual(
    deliveries,
    [...model.deliveries].map(([n, { state }]) => [`dlv_${n}`, state]),
  );
  const reconciles = (await journal.reconciles({}, allPages)).items.map(({ id, state, outcome }) => [id, state, outcome]).toReversed();
  assert.deepEqual(
    reconciles,
    model.reconciles.map(({ id, state, outcome }) => [id, state, outcome]),
  );
  for (const [n, { body }] of model.deliveries) assert.equal((await journal.body(`dlv_${n}`)) !== undefined, body, `body of ${n}`);
  await assertDerived(model, journal, clock.monotonic());
}

/** What is read by other indexes tells the same. */
async function assertDerived(model: Model, journal: Real['journal'], now: number): Promise<void> {
  const queued = model.reconciles.filter(({ state }) => state === 'queued');
  const targets = [
    ...new Set(queued.map(({ target }) => targetKey({ cluster: 'prod', kind: 'GitRepository', namespace: 'apps', name: target }))),
  ];
  const dirty = await journal.dirty();
  assert.deepEqual(dirty, now < model.offeredUntil ? targets.filter((target) => dirty.includes(target)) : targets);
  const observing = model.reconciles.filter(({ state }) => state === 'observing').map(({ id }) => id);
  assert.deepEqual(
    (await journal.observing()).map(({ id }) => id),
    observing,
  );
  const counts = await journal.counts();
  assert.deepEqual([counts.queued, counts.observing], [queued.length, observing.length]);
  assert.deepEqual(
    [counts.deliveries.pending, counts.deliveries.done],
    [model.pending().length, model.deliveries.size - model.pending().length],
  );
}
