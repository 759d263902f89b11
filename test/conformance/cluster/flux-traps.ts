import assert from 'node:assert/strict';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import { condition, configMap, isFailed, isReady, openStack, ready, type Stack } from './flux-objects.ts';

/** What Flux's status says that is easily misread. Each was the cause of a wrong "deployed" somewhere. */
export function fluxTrapConformance(opened: () => ClusterUnderTest): void {
  describe('a status of Flux that is easily misread:', function () {
    this.timeout(60_000);
    let stack: Stack;
    let number = 0;
    beforeEach(async () => {
      stack = await openStack(opened(), `flux-traps-${++number}`);
    });

    it('trap 1: status.observedGeneration of a failing source lags behind its Ready condition', async () => {
      await stack.patch(stack.source, { spec: { ref: { branch: 'absent' } } });
      const failed = await stack.until(stack.source, isFailed);
      assert.equal(ready(failed)?.observedGeneration, 2);
      assert.equal(failed.status?.observedGeneration, 1);
    });

    it('trap 1: status.observedGeneration of a failing Kustomization lags behind its Ready condition', async () => {
      await stack.patch(stack.consumer, { spec: { path: './nowhere' } });
      const failed = await stack.until(stack.consumer, isFailed);
      assert.equal(ready(failed)?.observedGeneration, 2);
      assert.equal(failed.status?.observedGeneration, 1);
    });

    it('trap 2: a source is Ready with a revision a moment before its artifact and its token say so', async () => {
      const watch = await stack.follow(stack.source);
      try {
        const sha = await stack.git.commit({ 'deploy/config.yaml': configMap('app', { version: 'two' }) });
        const token = await stack.request();
        await watch.next((event) => event.object.status?.artifact?.revision === `main@sha1:${sha}`);
        const early = watch.events.filter(
          ({ object }) =>
            isReady(object) && (ready(object)?.message ?? '').includes(sha) && object.status?.artifact?.revision === stack.first,
        );
        assert.equal(early.length, 1);
        assert.notEqual(early[0]?.object.status?.lastHandledReconcileAt, token);
      } finally {
        watch.close();
      }
    });

    it('trap 2: a Kustomization is Ready at a revision a moment before lastAppliedRevision says so', async () => {
      const watch = await stack.follow(stack.consumer);
      try {
        const sha = await stack.git.commit({ 'deploy/config.yaml': configMap('app', { version: 'two' }) });
        await stack.request();
        await watch.next((event) => event.object.status?.lastAppliedRevision === `main@sha1:${sha}`);
        const early = watch.events.filter(
          ({ object }) =>
            isReady(object) && (ready(object)?.message ?? '').includes(sha) && object.status?.lastAppliedRevision === stack.first,
        );
        assert.equal(early.length, 1);
      } finally {
        watch.close();
      }
    });

    it('trap 3: a failing source leaves its Kustomization Ready, and answering tokens', async () => {
      await stack.patch(stack.source, { spec: { ref: { branch: 'absent' } } });
      await stack.until(stack.source, isFailed);
      const token = await stack.request(stack.consumer);
      const consumer = await stack.until(stack.consumer, (object) => object.status?.lastHandledReconcileAt === token);
      assert.ok(isReady(consumer));
      assert.equal(consumer.status?.lastAppliedRevision, stack.first);
    });

    it('trap 4: an artifact that cannot be fetched leaves lastAttemptedRevision at the old revision', async () => {
      await stack.patch(stack.consumer, { spec: { suspend: true } });
      const sha = await stack.git.commit({ 'deploy/config.yaml': configMap('app', { version: 'lost' }) });
      await stack.request();
      await stack.until(stack.source, (object) => object.status?.artifact?.revision === `main@sha1:${sha}`);
      await opened().loseArtifact({ namespace: stack.namespace, name: 'app' });
      await stack.patch(stack.consumer, { spec: { suspend: false } });
      const failed = await stack.until(stack.consumer, (object) => ready(object)?.reason === 'ArtifactFailed');
      assert.equal(failed.status?.lastAttemptedRevision, stack.first);
      assert.equal(failed.status?.lastAppliedRevision, stack.first);
      assert.ok(condition(failed, 'Reconciling')?.message.includes(sha));
    });

    it('trap 5: a Kustomization that is asked by itself answers at the revision that its source has, however old', async () => {
      await stack.git.commit({ 'deploy/config.yaml': configMap('app', { version: 'newer' }) });
      const token = await stack.request(stack.consumer);
      const consumer = await stack.until(stack.consumer, (object) => object.status?.lastHandledReconcileAt === token);
      assert.ok(isReady(consumer));
      assert.equal(consumer.status?.lastAppliedRevision, stack.first);
    });

    it('trap 6: a suspended source echoes the token, stays Ready, and fetches nothing', async () => {
      await stack.patch(stack.source, { spec: { suspend: true } });
      await stack.git.commit({ 'deploy/config.yaml': configMap('app', { version: 'unseen' }) });
      const token = await stack.request();
      const source = await stack.until(stack.source, (object) => object.status?.lastHandledReconcileAt === token);
      assert.equal(ready(source)?.status, 'True');
      assert.equal(source.status?.artifact?.revision, stack.first);
      assert.equal(source.status?.observedGeneration, source.metadata.generation);
    });

    it('trap 6: a suspended Kustomization echoes the token, stays Ready, and applies nothing', async () => {
      await stack.patch(stack.consumer, { spec: { suspend: true } });
      const sha = await stack.git.commit({ 'deploy/config.yaml': configMap('app', { version: 'unseen' }) });
      await stack.request();
      await stack.until(stack.source, (object) => object.status?.artifact?.revision === `main@sha1:${sha}`);
      const token = await stack.request(stack.consumer);
      const consumer = await stack.until(stack.consumer, (object) => object.status?.lastHandledReconcileAt === token);
      assert.equal(ready(consumer)?.status, 'True');
      assert.equal(consumer.status?.lastAppliedRevision, stack.first);
      assert.equal(consumer.status?.observedGeneration, consumer.metadata.generation);
    });

    it('trap 7: a failure is retried by itself: Ready is False and Reconciling True at once', async () => {
      const sha = await stack.git.commit({ 'deploy/bad.yaml': 'a: [1\nb: }' });
      await stack.request();
      const failed = await stack.until(
        stack.consumer,
        (object) => isFailed(object) && condition(object, 'Reconciling')?.reason === 'ProgressingWithRetry',
      );
      assert.equal(condition(failed, 'Reconciling')?.status, 'True');
      assert.equal(failed.status?.lastAttemptedRevision, `main@sha1:${sha}`);
    });
  });
}
