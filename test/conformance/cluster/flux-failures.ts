import assert from 'node:assert/strict';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import { condition, configMap, configMapPath, isFailed, isReady, openStack, ready, stuckDeployment, type Stack } from './flux-objects.ts';
import type { KubeObject } from './kube-client.ts';

/** Statements about how Flux fails, and how it recovers. */
export function fluxFailureConformance(opened: () => ClusterUnderTest): void {
  describe('Flux, given something that cannot be deployed,', function () {
    this.timeout(60_000);
    let stack: Stack;
    before(async () => {
      stack = await openStack(opened(), 'flux-failures');
    });

    const failures: readonly [title: string, content: string, reason: string, message: RegExp][] = [
      ['YAML that does not parse', 'a: [1\nb: }', 'BuildFailed', /yaml|YAML/],
      [
        'an object that does not fit its schema',
        '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"bad"},"data":{"count":1}}',
        'ReconciliationFailed',
        /ConfigMap\/flux-failures\/bad dry-run failed.*expected string/,
      ],
      [
        'an object of an unknown kind',
        '{"apiVersion":"nowhere.example.com/v1","kind":"Widget","metadata":{"name":"w"}}',
        'ReconciliationFailed',
        /no matches for kind "Widget"/,
      ],
    ];
    for (const [title, content, reason, message] of failures) {
      it(`fails with ${reason} at ${title}, and recovers with the commit that mends it`, async () => {
        const applied = (await stack.read(stack.consumer)).status?.lastAppliedRevision;
        const bad = await stack.git.commit({ 'deploy/bad.yaml': content });
        await stack.request();
        const failed = await stack.until(stack.consumer, (object) => isFailed(object) && attempted(object, bad));
        assert.equal(ready(failed)?.reason, reason);
        assert.match(ready(failed)?.message ?? '', message);
        assert.equal(failed.status?.lastAppliedRevision, applied);
        const good = await stack.git.commit({ 'deploy/bad.yaml': null });
        await stack.request();
        const mended = await stack.until(stack.consumer, (object) => object.status?.lastAppliedRevision === `main@sha1:${good}`);
        assert.ok(isReady(mended));
      });
    }

    it('fails with ArtifactFailed at a path that is not in the commit', async () => {
      await stack.patch(stack.consumer, { spec: { path: './nowhere' } });
      const failed = await stack.until(stack.consumer, isFailed);
      assert.equal(ready(failed)?.reason, 'ArtifactFailed');
      assert.match(ready(failed)?.message ?? '', /nowhere/);
      await stack.patch(stack.consumer, { spec: { path: './deploy' } });
      await stack.until(stack.consumer, isReady);
    });

    it('fails at a branch that does not exist, keeps the last artifact, and recovers', async () => {
      const before = await stack.read(stack.source);
      await stack.patch(stack.source, { spec: { ref: { branch: 'absent' } } });
      const failed = await stack.until(stack.source, isFailed);
      assert.equal(ready(failed)?.reason, 'GitOperationFailed');
      assert.match(ready(failed)?.message ?? '', /couldn't find remote ref|reference not found/);
      assert.equal(condition(failed, 'FetchFailed')?.status, 'True');
      assert.equal(failed.status?.artifact?.revision, before.status?.artifact?.revision);
      await stack.patch(stack.source, { spec: { ref: { branch: 'main' } } });
      await stack.until(stack.source, isReady);
    });
  });

  healthChecks(opened);
}

function attempted(object: KubeObject, sha: string): boolean {
  return object.status?.lastAttemptedRevision === `main@sha1:${sha}` || (ready(object)?.message ?? '').includes(sha);
}

function healthChecks(opened: () => ClusterUnderTest): void {
  describe('a health check', function () {
    this.timeout(120_000);

    it('that is stuck makes the commit that mends it wait, fails when its time is up, then lets it pass', async () => {
      const cluster = opened();
      const stack = await openStack(cluster, 'flux-health');
      await stack.patch(stack.consumer, { spec: { wait: true, timeout: '1s' } });
      const waiting = await stack.until(stack.consumer, isReady);
      assert.equal(waiting.status?.lastAppliedRevision, stack.first);

      const stuck = await stack.git.commit({ 'deploy/stuck.yaml': stuckDeployment('stuck') });
      await stack.request();
      const begun = await stack.until(stack.consumer, (object) => condition(object, 'Reconciling')?.message.includes('health') ?? false);
      assert.equal(ready(begun)?.status, 'Unknown');
      const startedAt = Date.now();

      const fix = await stack.git.commit({ 'deploy/stuck.yaml': null, 'deploy/config.yaml': configMap('app', { version: 'fixed' }) });
      await stack.request();
      await stack.until(stack.source, (object) => object.status?.artifact?.revision === `main@sha1:${fix}`);

      const within = cluster.healthCheckFloor + 20_000;
      const failed = await stack.until(stack.consumer, (object) => ready(object)?.reason === 'HealthCheckFailed', within);
      assert.match(ready(failed)?.message ?? '', /Deployment\/flux-health\/stuck/);
      assert.equal(failed.status?.lastAttemptedRevision, `main@sha1:${stuck}`);
      assert.ok(Date.now() - startedAt > cluster.healthCheckFloor * 0.8, 'the check gave up before its shortest time');

      await stack.until(stack.consumer, (object) => object.status?.lastAppliedRevision === `main@sha1:${fix}`, within);
      assert.deepEqual((await stack.read(configMapPath(stack.namespace, 'app'))).data, { version: 'fixed' });
    });
  });
}
