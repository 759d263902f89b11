import assert from 'node:assert/strict';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import { expectOk, gitRepositoryPath, namespaceObject } from './flux-objects.ts';
import { idleRepository } from './idle-objects.ts';
import type { KubeClient, WatchEvent } from './kube-client.ts';

/** Statements about watches. */
export function watchConformance(opened: () => ClusterUnderTest, kube: () => KubeClient, namespace: string): void {
  describe('a watch', () => {
    const path = gitRepositoryPath(namespace);

    it('from a list tells what happened since, in order', async () => {
      const from = expectOk(await kube().get(path)).metadata.resourceVersion;
      const watch = await kube().watch(`${path}?resourceVersion=${from}`);
      try {
        assert.equal(watch.status, 200);
        await opened().apply(idleRepository(namespace, 'watched'));
        await kube().mergePatch(gitRepositoryPath(namespace, 'watched'), { metadata: { annotations: { 'example.com/n': '1' } } });
        await kube().delete(gitRepositoryPath(namespace, 'watched'));
        await watch.next((event) => event.type === 'DELETED');
        const own = watch.events.filter((event) => event.object.metadata.name === 'watched');
        assert.deepEqual([own[0]?.type, own.at(-1)?.type], ['ADDED', 'DELETED']);
        assert.ok(own.some((event) => event.type === 'MODIFIED' && event.object.metadata.annotations?.['example.com/n'] === '1'));
        const versions = own.map((event) => Number(event.object.metadata.resourceVersion));
        assert.deepEqual(
          versions,
          [...versions].sort((a, b) => a - b),
        );
      } finally {
        watch.close();
      }
    });

    it('of a version that lies back tells first what was missed', async () => {
      const from = expectOk(await kube().get(path)).metadata.resourceVersion;
      const patched = expectOk(
        await kube().mergePatch(gitRepositoryPath(namespace, 'beta'), { metadata: { annotations: { 'example.com/missed': from } } }),
      );
      const watch = await kube().watch(`${path}?resourceVersion=${from}`);
      try {
        const event = await watch.next(({ object }) => object.metadata.resourceVersion === patched.metadata.resourceVersion);
        assert.equal(event.type, 'MODIFIED');
      } finally {
        watch.close();
      }
    });

    it('of one namespace hears nothing from another', async () => {
      const other = `${namespace}-other`;
      await opened().apply(namespaceObject(other));
      const from = expectOk(await kube().get(path)).metadata.resourceVersion;
      const watch = await kube().watch(`${path}?resourceVersion=${from}`);
      try {
        await opened().apply(idleRepository(other, 'elsewhere'));
        await kube().mergePatch(gitRepositoryPath(namespace, 'gamma'), { metadata: { annotations: { 'example.com/here': from } } });
        await watch.next((event) => event.object.metadata.annotations?.['example.com/here'] === from);
        assert.deepEqual([...new Set(watch.events.map(({ object }) => object.metadata.namespace))], [namespace]);
      } finally {
        watch.close();
        await kube().delete(gitRepositoryPath(other, 'elsewhere'));
      }
    });

    // A bookmark is sent only where there is something to say: a version past the one that the watch began with, which a change in
    // another namespace brings about. None is promised for any one watch (kubernetes.io, API concepts, "Watch bookmarks").
    it('that asks for bookmarks gets one with a fresh version before its time is up, then the stream ends', async () => {
      const other = `${namespace}-other`;
      await opened().apply(namespaceObject(other));
      const from = expectOk(await kube().get(path)).metadata.resourceVersion;
      let bookmark: WatchEvent | undefined;
      for (let attempt = 0; attempt < 6 && !bookmark; attempt++) {
        const watch = await kube().watch(`${path}?resourceVersion=${from}&allowWatchBookmarks=true&timeoutSeconds=4`);
        await opened().apply(idleRepository(other, `bookmarked-${attempt}`));
        await kube().delete(gitRepositoryPath(other, `bookmarked-${attempt}`));
        await watch.ended;
        bookmark = watch.events.find((event) => event.type === 'BOOKMARK');
      }
      assert.ok(bookmark, 'no watch was sent a bookmark');
      assert.ok(Number(bookmark.object.metadata.resourceVersion) > Number(from));
      assert.equal(bookmark.object.kind, 'GitRepository');
      assert.equal(expectOk(await kube().get(path)).kind, 'GitRepositoryList');
    }).timeout(60_000);

    it('without that wish gets no bookmark', async () => {
      const from = expectOk(await kube().get(path)).metadata.resourceVersion;
      const watch = await kube().watch(`${path}?resourceVersion=${from}&timeoutSeconds=3`);
      await watch.ended;
      assert.deepEqual(
        watch.events.filter((event) => event.type === 'BOOKMARK'),
        [],
      );
    });

    it('from a version that has expired ends with 410 Expired inside a stream that began with 200', async () => {
      const watch = await kube().watch(`${path}?resourceVersion=1`);
      try {
        assert.equal(watch.status, 200);
        const event = await watch.next(() => true);
        assert.equal(event.type, 'ERROR');
        assert.equal(event.object.code, 410);
        assert.equal(event.object.reason, 'Expired');
        await watch.ended;
      } finally {
        watch.close();
      }
    });
  });
}
