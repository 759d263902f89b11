import assert from 'node:assert/strict';
import type { Observation } from '#core/ports/clusters.ts';
import { applied, expired, progressOf } from '#handlers/progress.ts';
import { sampleReconcile, sha, target } from './samples.ts';

const consumer = { object: { ...target, kind: 'Kustomization' }, outcome: null, reason: null, message: null, revision: null };

function seen(more: Partial<Observation> = {}): Observation {
  return {
    outcome: null,
    reason: null,
    message: null,
    artifactReached: false,
    artifactRevision: null,
    lagging: false,
    consumers: [],
    patience: 1,
    fresh: true,
    ...more,
  };
}

describe('progressOf', () => {
  it('adds nothing when nothing has changed', () => {
    assert.equal(progressOf(sampleReconcile(), seen(), 5), undefined);
  });

  it('notes the artifact once', () => {
    const observation = seen({ artifactReached: true, artifactRevision: `main@sha1:${sha('b')}` });

    const progress = progressOf(sampleReconcile(), observation, 5);

    assert.deepEqual(progress?.steps, [{ at: 5, name: 'artifact', detail: `the source has main@sha1:${sha('b')}` }]);
    assert.equal(progressOf(applied(sampleReconcile(), progress ?? {}), observation, 6), undefined);
  });

  it('ends at applied', () => {
    const progress = progressOf(sampleReconcile(), seen({ outcome: 'applied' }), 5);

    assert.equal(progress?.state, 'ended');
    assert.equal(progress?.outcome, 'applied');
    assert.equal(progress?.endedAt, 5);
  });

  it('notes a failure and goes on watching, because Flux retries', () => {
    const progress = progressOf(sampleReconcile(), seen({ outcome: 'failed', reason: 'BuildFailed', message: 'bad yaml' }), 5);

    assert.equal(progress?.outcome, 'failed');
    assert.equal(progress?.message, 'bad yaml');
    assert.equal(progress?.state, undefined);
  });

  it('does not repeat the same failure', () => {
    const failing = seen({ outcome: 'failed', reason: 'BuildFailed', message: 'bad yaml' });
    const reconcile = applied(sampleReconcile(), progressOf(sampleReconcile(), failing, 5) ?? {});

    assert.equal(progressOf(reconcile, failing, 6), undefined);
  });

  it('says that it recovered when a failure is followed by success', () => {
    const progress = progressOf(sampleReconcile({ outcome: 'failed' }), seen({ outcome: 'applied' }), 9);

    assert.deepEqual(
      progress?.steps?.map(({ name }) => name),
      ['recovered', 'applied'],
    );
    assert.equal(progress?.state, 'ended');
  });

  it('keeps the moment at which a consumer came to its outcome', () => {
    const done = { ...consumer, outcome: 'applied' as const };
    const first = applied(sampleReconcile(), progressOf(sampleReconcile(), seen({ consumers: [done] }), 5) ?? {});
    const other = { ...consumer, object: { ...consumer.object, name: 'other' } };

    const second = progressOf(first, seen({ consumers: [done, other] }), 8);

    assert.deepEqual(
      second?.consumers?.map(({ at }) => at),
      [5, null],
    );
  });

  it('writes what is being waited for when it changes', () => {
    const waiting = seen({ message: 'running health checks' });
    const progress = progressOf(sampleReconcile(), waiting, 5);

    assert.deepEqual(progress, { message: 'running health checks' });
    assert.equal(progressOf(applied(sampleReconcile(), progress ?? {}), waiting, 6), undefined);
  });
});

describe('expired', () => {
  it('says that the revision was never reached', () => {
    const progress = expired(sampleReconcile(), seen({ artifactRevision: `main@sha1:${sha('c')}` }), 9);

    assert.equal(progress.outcome, 'timed_out');
    assert.equal(progress.reason, 'not-at-revision');
    assert.match(progress.message ?? '', /never reached b{40}/);
  });

  it('names the consumers that are waited for', () => {
    const progress = expired(
      sampleReconcile(),
      seen({ artifactReached: true, consumers: [{ ...consumer, message: 'dependency not ready' }] }),
      9,
    );

    assert.equal(progress.message, 'still waiting for prod/Kustomization/apps/web (dependency not ready)');
  });

  it('leaves a failure a failure', () => {
    assert.deepEqual(expired(sampleReconcile({ outcome: 'failed' }), seen(), 9), { state: 'ended', endedAt: 9 });
  });
});
