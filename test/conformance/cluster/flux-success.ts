import assert from 'node:assert/strict';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import { configMap, configMapPath, gitRepository, gitRepositoryPath, isReady, openStack, ready, type Stack } from './flux-objects.ts';

/** Statements about Flux when everything goes well. */
export function fluxSuccessConformance(opened: () => ClusterUnderTest): void {
  describe('Flux, asked for a reconcile,', function () {
    this.timeout(60_000);
    let stack: Stack;
    before(async () => {
      stack = await openStack(opened(), 'flux-success');
    });

    it('brings a new commit to source, consumer and the objects themselves', async () => {
      const sha = await stack.git.commit({ 'deploy/config.yaml': configMap('app', { version: 'two' }) });
      const token = await stack.request();
      const source = await stack.until(stack.source, (object) => object.status?.artifact?.revision === `main@sha1:${sha}`);
      assert.match(source.status?.artifact?.digest ?? '', /^sha256:[0-9a-f]{64}$/);
      const consumer = await stack.until(stack.consumer, (object) => object.status?.lastAppliedRevision === `main@sha1:${sha}`);
      assert.ok(isReady(consumer));
      assert.equal(consumer.status?.lastAttemptedRevision, `main@sha1:${sha}`);
      assert.deepEqual((await stack.read(configMapPath(stack.namespace, 'app'))).data, { version: 'two' });
      const handled = await stack.until(stack.source, (object) => object.status?.lastHandledReconcileAt === token);
      assert.ok(isReady(handled));
    });

    it('echoes the token and keeps the artifact when there is nothing new', async () => {
      const before = await stack.read(stack.source);
      const token = await stack.request();
      const after = await stack.until(stack.source, (object) => object.status?.lastHandledReconcileAt === token);
      assert.deepEqual(after.status?.artifact, before.status?.artifact);
      assert.equal(after.metadata.generation, before.metadata.generation);
    });

    it('does nothing without being asked: a commit alone waits for the interval', async () => {
      await stack.git.commit({ 'deploy/config.yaml': configMap('app', { version: 'unasked' }) });
      const before = await stack.read(stack.source);
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.equal((await stack.read(stack.source)).metadata.resourceVersion, before.metadata.resourceVersion);
    });

    it('says so in the Ready condition of source and consumer', async () => {
      const sha = await stack.git.commit({ 'deploy/config.yaml': configMap('app', { version: 'three' }) });
      await stack.request();
      const consumer = await stack.until(stack.consumer, (object) => object.status?.lastAppliedRevision === `main@sha1:${sha}`);
      assert.equal(ready(consumer)?.reason, 'ReconciliationSucceeded');
      assert.equal(ready(consumer)?.message, `Applied revision: main@sha1:${sha}`);
      const source = await stack.read(stack.source);
      assert.equal(ready(source)?.reason, 'Succeeded');
      assert.equal(ready(source)?.message, `stored artifact for revision 'main@sha1:${sha}'`);
    });

    it('lists what it applied in the inventory, and prunes what has gone', async () => {
      const both = await stack.git.commit({ 'deploy/extra.yaml': configMap('extra', { is: 'here' }) });
      await stack.request();
      const with2 = await stack.until(stack.consumer, (object) => object.status?.lastAppliedRevision === `main@sha1:${both}`);
      const ids = (with2.status?.inventory?.entries ?? []).map((entry) => `${entry.id} ${entry.v}`).sort();
      assert.deepEqual(ids, [`${stack.namespace}_app__ConfigMap v1`, `${stack.namespace}_extra__ConfigMap v1`]);
      const one = await stack.git.commit({ 'deploy/extra.yaml': null });
      await stack.request();
      await stack.until(stack.consumer, (object) => object.status?.lastAppliedRevision === `main@sha1:${one}`);
      assert.equal((await stack.kube.get(configMapPath(stack.namespace, 'extra'))).status, 404);
    });

    it('answers the last token of a burst and not each of them', async () => {
      const watch = await stack.follow(stack.source);
      try {
        const tokens: string[] = [];
        for (let i = 0; i < 20; i++) tokens.push(await stack.request());
        await watch.next((event) => event.object.status?.lastHandledReconcileAt === tokens.at(-1));
        const echoed = new Set(
          watch.events.map((event) => event.object.status?.lastHandledReconcileAt ?? '').filter((t) => tokens.includes(t)),
        );
        assert.ok(echoed.size < tokens.length, `${echoed.size} of ${tokens.length} tokens were echoed`);
      } finally {
        watch.close();
      }
    });
  });

  revisionStrings(opened);
}

function revisionStrings(opened: () => ClusterUnderTest): void {
  describe('the revision of an artifact', function () {
    this.timeout(60_000);
    let stack: Stack;
    let tagged: string;
    let head: string;
    before(async () => {
      stack = await openStack(opened(), 'flux-revisions');
      tagged = await stack.git.commit({ 'deploy/config.yaml': configMap('app', { version: 'tagged' }) }, { tag: 'v1.2.3' });
      head = await stack.git.commit({ 'deploy/config.yaml': configMap('app', { version: 'head' }) });
    });

    const cases: readonly [title: string, ref: () => Record<string, string>, expected: () => string][] = [
      ['names the branch', () => ({ branch: 'main' }), () => `main@sha1:${head}`],
      ['names the branch of a commit on it', () => ({ branch: 'main', commit: tagged }), () => `main@sha1:${tagged}`],
      ['is the commit alone when only that is given', () => ({ commit: tagged }), () => `sha1:${tagged}`],
      ['names the tag', () => ({ tag: 'v1.2.3' }), () => `v1.2.3@sha1:${tagged}`],
      ['names the tag that a version range has chosen', () => ({ semver: '1.x' }), () => `v1.2.3@sha1:${tagged}`],
      ['names the full ref that was asked for', () => ({ name: 'refs/heads/main' }), () => `refs/heads/main@sha1:${head}`],
      ['prefers the version range to the branch', () => ({ branch: 'main', semver: '>=1.0.0' }), () => `v1.2.3@sha1:${tagged}`],
      [
        'prefers the full ref to the version range',
        () => ({ name: 'refs/heads/main', semver: '1.x' }),
        () => `refs/heads/main@sha1:${head}`,
      ],
    ];
    for (const [index, [title, ref, expected]] of cases.entries()) {
      it(title, async () => {
        const name = `by-ref-${index}`;
        await opened().apply(gitRepository(stack.namespace, name, stack.git.url, { ref: ref() }));
        const object = await stack.until(
          gitRepositoryPath(stack.namespace, name),
          (each) => isReady(each) && each.status?.artifact !== undefined,
        );
        assert.equal(object.status?.artifact?.revision, expected());
      });
    }
  });
}
