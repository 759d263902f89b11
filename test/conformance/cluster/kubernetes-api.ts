import assert from 'node:assert/strict';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import { configMapPath, expectOk, gitRepository, gitRepositoryPath, namespaceObject } from './flux-objects.ts';
import { KubeClient, type KubeObject } from './kube-client.ts';

/** A GitRepository that no controller touches: suspended from the start. */
function idle(namespace: string, name: string, annotations: Readonly<Record<string, string>> = {}): object {
  return {
    ...gitRepository(namespace, name, 'https://git.invalid/org/idle', { suspend: true, ref: { branch: 'main' } }),
    metadata: { namespace, name, annotations },
  };
}

/** Statements about the API server itself. */
export function kubernetesApiConformance(opened: () => ClusterUnderTest): void {
  describe('the Kubernetes API', function () {
    this.timeout(30_000);
    const namespace = 'api-conformance';
    const all = gitRepositoryPath(namespace);
    const one = gitRepositoryPath(namespace, 'alpha');
    let kube: KubeClient;

    before(async () => {
      kube = new KubeClient(opened());
      await opened().apply(namespaceObject(namespace));
      for (const name of ['alpha', 'beta', 'gamma']) await opened().apply(idle(namespace, name));
    });

    lists(() => kube, namespace);
    watches(opened, () => kube, namespace);
    refusals(opened, () => kube, namespace);

    describe('a merge patch', () => {
      it('of an annotation changes the resource version and not the generation', async () => {
        const before = expectOk(await kube.get(one));
        const after = expectOk(await kube.mergePatch(one, { metadata: { annotations: { 'example.com/a': String(Date.now()) } } }));
        assert.notEqual(after.metadata.resourceVersion, before.metadata.resourceVersion);
        assert.equal(after.metadata.generation, before.metadata.generation);
        assert.equal(after.metadata.uid, before.metadata.uid);
      });

      it('leaves alone what it does not mention, and null removes', async () => {
        await kube.mergePatch(one, { metadata: { annotations: { 'example.com/keep': 'kept', 'example.com/drop': 'dropped' } } });
        const after = expectOk(await kube.mergePatch(one, { metadata: { annotations: { 'example.com/drop': null } } }));
        assert.equal(after.metadata.annotations?.['example.com/keep'], 'kept');
        assert.equal(after.metadata.annotations?.['example.com/drop'], undefined);
        assert.equal(after.spec?.['url'], 'https://git.invalid/org/idle');
      });

      it('that changes nothing keeps the resource version, so that a repeated request is invisible', async () => {
        const body = { metadata: { annotations: { 'example.com/same': 'same' } } };
        const first = expectOk(await kube.mergePatch(one, body));
        const second = expectOk(await kube.mergePatch(one, body));
        assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
      });

      it('of the spec raises the generation by one', async () => {
        const before = expectOk(await kube.get(one));
        const after = expectOk(await kube.mergePatch(one, { spec: { interval: `${60 + (before.metadata.generation ?? 0)}m` } }));
        assert.equal(after.metadata.generation, (before.metadata.generation ?? 0) + 1);
      });

      it('that names the current resource version passes, and one that names an older is refused with 409', async () => {
        const before = expectOk(await kube.get(one));
        const guarded = (value: string): object => ({
          metadata: { resourceVersion: before.metadata.resourceVersion, annotations: { 'example.com/guarded': value } },
        });
        expectOk(await kube.mergePatch(one, guarded(`first ${before.metadata.resourceVersion}`)));
        const late = await kube.mergePatch(one, guarded('second'));
        assert.equal(late.status, 409);
        assert.equal(late.refusal().reason, 'Conflict');
      });

      it('does not reach the status', async () => {
        const before = expectOk(await kube.get(one));
        const after = expectOk(await kube.mergePatch(one, { status: { observedGeneration: 4711 } }));
        assert.deepEqual(after.status, before.status);
      });

      it('names its field manager in the query', async () => {
        const answer = await kube.mergePatch(`${one}?fieldManager=headgate`, {
          metadata: { annotations: { 'example.com/by': 'headgate' } },
        });
        const managers = JSON.parse(answer.text) as { metadata: { managedFields?: { manager: string }[] } };
        assert.ok(managers.metadata.managedFields?.some((entry) => entry.manager === 'headgate'));
      });

      it('of an object that does not exist is refused with 404', async () => {
        const answer = await kube.mergePatch(gitRepositoryPath(namespace, 'nobody'), { metadata: { annotations: { a: 'b' } } });
        assert.equal(answer.status, 404);
        assert.equal(answer.refusal().reason, 'NotFound');
      });
    });

    it('takes an Event about an object and lists it in the namespace', async () => {
      const events = `/api/v1/namespaces/${namespace}/events`;
      const about = expectOk(await kube.get(one));
      const created = await kube.post(events, eventAbout(namespace, about));
      assert.equal(created.status, 201, created.text);
      const listed = expectOk(await kube.get(events));
      const names = (listed.items ?? []).map((item) => item.metadata.name);
      assert.ok(names.includes(created.object().metadata.name));
    });

    it('answers 409 AlreadyExists to a second Event of one name', async () => {
      const events = `/api/v1/namespaces/${namespace}/events`;
      const event = eventAbout(namespace, expectOk(await kube.get(one)), 'twice.1');
      assert.equal((await kube.post(events, event)).status, 201);
      const second = await kube.post(events, event);
      assert.equal(second.status, 409);
      assert.equal(second.refusal().reason, 'AlreadyExists');
    });

    it('answers a SelfSubjectAccessReview', async () => {
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { group: 'source.toolkit.fluxcd.io', resource: 'gitrepositories', verb: 'patch', namespace } },
      };
      const answer = await kube.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review);
      assert.equal(answer.status, 201, answer.text);
      assert.equal(answer.object().status?.allowed, true);
    });

    it('tells its version', async () => {
      const answer = await kube.get('/version');
      assert.equal(answer.status, 200);
      assert.match((JSON.parse(answer.text) as { gitVersion: string }).gitVersion, /^v1\.\d+\.\d+/);
    });

    it('deletes an object, after which it is not found', async () => {
      await opened().apply(idle(namespace, 'shortlived'));
      const path = gitRepositoryPath(namespace, 'shortlived');
      assert.equal((await kube.delete(path)).status, 200);
      await eventuallyGone(kube, path);
    });

    it('serves the objects of a kind that was absent as soon as its definition exists', async () => {
      const generators = '/apis/source.extensions.fluxcd.io/v1beta1/artifactgenerators';
      assert.equal((await kube.get(generators)).status, 404);
      await opened().serveArtifactGenerators();
      await eventually(async () => assert.equal((await kube.get(generators)).status, 200));
      const list = expectOk(await kube.get(generators));
      assert.deepEqual(list.items, []);
    });

    it('keeps objects of the core group too', async () => {
      await opened().apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'plain' }, data: { a: 'b' } });
      assert.deepEqual(expectOk(await kube.get(configMapPath(namespace, 'plain'))).data, { a: 'b' });
    });

    after(async () => {
      for (const item of expectOk(await kube.get(all)).items ?? []) await kube.delete(gitRepositoryPath(namespace, item.metadata.name));
    });
  });
}

function lists(kube: () => KubeClient, namespace: string): void {
  describe('a list', () => {
    it('answers kind, resource version and the whole objects', async () => {
      const list = expectOk(await kube().get(gitRepositoryPath(namespace)));
      assert.equal(list.kind, 'GitRepositoryList');
      assert.equal(list.apiVersion, 'source.toolkit.fluxcd.io/v1');
      assert.match(list.metadata.resourceVersion, /^\d+$/);
      assert.deepEqual((list.items ?? []).map((item) => item.metadata.name).sort(), ['alpha', 'beta', 'gamma']);
      const first = list.items?.[0];
      assert.equal(first?.kind, 'GitRepository');
      assert.equal(first.metadata.namespace, namespace);
      assert.equal(first.metadata.generation, 1);
      assert.match(first.metadata.uid ?? '', /^[0-9a-f-]{36}$/);
      assert.match(first.metadata.creationTimestamp ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    });

    it('of a cluster holds the objects of all namespaces', async () => {
      const list = expectOk(await kube().get('/apis/source.toolkit.fluxcd.io/v1/gitrepositories'));
      assert.ok((list.items ?? []).filter((item) => item.metadata.namespace === namespace).length >= 3);
    });

    it('is cut into pages by limit, which `continue` strings together at one resource version', async () => {
      const pages = await pagesOf(kube(), gitRepositoryPath(namespace), 2);
      assert.deepEqual(
        pages.map((page) => page.items?.length),
        [2, 1],
      );
      assert.equal(new Set(pages.map((page) => page.metadata.resourceVersion)).size, 1);
      assert.equal(pages[0]?.metadata.remainingItemCount, 1);
      const names = pages.flatMap((page) => (page.items ?? []).map((item) => item.metadata.name));
      assert.deepEqual(names, ['alpha', 'beta', 'gamma']);
    });

    it('with a continuation that it never issued is refused with 400', async () => {
      const answer = await kube().get(`${gitRepositoryPath(namespace)}?limit=2&continue=nonsense`);
      assert.equal(answer.status, 400);
      assert.equal(answer.refusal().reason, 'BadRequest');
    });
  });
}

async function pagesOf(kube: KubeClient, path: string, limit: number): Promise<KubeObject[]> {
  const pages: KubeObject[] = [];
  for (let token = ''; pages.length === 0 || token !== ''; ) {
    const page = expectOk(await kube.get(`${path}?limit=${limit}&continue=${encodeURIComponent(token)}`));
    pages.push(page);
    token = page.metadata.continue ?? '';
  }
  return pages;
}

function watches(opened: () => ClusterUnderTest, kube: () => KubeClient, namespace: string): void {
  describe('a watch', () => {
    const path = gitRepositoryPath(namespace);

    it('from a list tells what happened since, in order', async () => {
      const from = expectOk(await kube().get(path)).metadata.resourceVersion;
      const watch = await kube().watch(`${path}?resourceVersion=${from}`);
      try {
        assert.equal(watch.status, 200);
        await opened().apply(idle(namespace, 'watched'));
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
        const event = await watch.next(() => true);
        assert.equal(event.type, 'MODIFIED');
        assert.equal(event.object.metadata.resourceVersion, patched.metadata.resourceVersion);
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
        await opened().apply(idle(other, 'elsewhere'));
        await kube().mergePatch(gitRepositoryPath(namespace, 'gamma'), { metadata: { annotations: { 'example.com/here': from } } });
        const event = await watch.next(() => true);
        assert.equal(event.object.metadata.name, 'gamma');
      } finally {
        watch.close();
        await kube().delete(gitRepositoryPath(other, 'elsewhere'));
      }
    });

    it('that asks for bookmarks gets one with a fresh version before its time is up, then the stream ends', async () => {
      const from = expectOk(await kube().get(path)).metadata.resourceVersion;
      const watch = await kube().watch(`${path}?resourceVersion=${from}&allowWatchBookmarks=true&timeoutSeconds=4`);
      const bookmark = await watch.next((event) => event.type === 'BOOKMARK', 6_000);
      assert.ok(Number(bookmark.object.metadata.resourceVersion) >= Number(from));
      assert.equal(bookmark.object.kind, 'GitRepository');
      await watch.ended;
      assert.equal(expectOk(await kube().get(path)).kind, 'GitRepositoryList');
    });

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

function refusals(opened: () => ClusterUnderTest, kube: () => KubeClient, namespace: string): void {
  describe('a refusal', () => {
    it('is a Status object with code, reason and message', async () => {
      const answer = await kube().get(gitRepositoryPath(namespace, 'nobody'));
      assert.equal(answer.status, 404);
      const refusal = answer.refusal();
      assert.equal(refusal.kind, 'Status');
      assert.equal(refusal.status, 'Failure');
      assert.equal(refusal.reason, 'NotFound');
      assert.equal(refusal.code, 404);
      assert.equal(refusal.message, 'gitrepositories.source.toolkit.fluxcd.io "nobody" not found');
    });

    it('of a caller with a wrong token is 401 Unauthorized', async () => {
      const stranger = new KubeClient({ server: opened().server, ca: opened().ca, token: 'not-a-token-of-this-cluster' });
      const answer = await stranger.get(gitRepositoryPath(namespace));
      assert.equal(answer.status, 401);
      assert.equal(answer.refusal().reason, 'Unauthorized');
    });

    it('of a patch in an unknown format is 415', async () => {
      const answer = await kube().send('PATCH', gitRepositoryPath(namespace, 'alpha'), '{}', { 'content-type': 'text/plain' });
      assert.equal(answer.status, 415);
      assert.equal(answer.refusal().reason, 'UnsupportedMediaType');
    });

    it('of a patch that is not JSON is 400', async () => {
      const headers = { 'content-type': 'application/merge-patch+json' };
      const answer = await kube().send('PATCH', gitRepositoryPath(namespace, 'alpha'), '{"metadata":', headers);
      assert.equal(answer.status, 400);
      assert.equal(answer.refusal().reason, 'BadRequest');
    });

    it('for a group that no definition serves is 404', async () => {
      assert.equal((await kube().get('/apis/nowhere.example.com/v1/things')).status, 404);
    });
  });
}

function eventAbout(namespace: string, about: KubeObject, name?: string): object {
  const now = new Date().toISOString();
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace, name: name ?? `${about.metadata.name}.${process.hrtime.bigint().toString(16)}` },
    involvedObject: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      namespace,
      name: about.metadata.name,
      uid: about.metadata.uid,
      resourceVersion: about.metadata.resourceVersion,
    },
    type: 'Normal',
    reason: 'Tested',
    message: 'a message',
    source: { component: 'conformance' },
    firstTimestamp: now.replace(/\.\d+Z$/, 'Z'),
    lastTimestamp: now.replace(/\.\d+Z$/, 'Z'),
    count: 1,
  };
}

async function eventuallyGone(kube: KubeClient, path: string): Promise<void> {
  await eventually(async () => assert.equal((await kube.get(path)).status, 404));
}

/** Repeats an assertion until it holds. For what the API offers no watch for. */
async function eventually(check: () => Promise<void>, within = 15_000): Promise<void> {
  const deadline = Date.now() + within;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
