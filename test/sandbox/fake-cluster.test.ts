import assert from 'node:assert/strict';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeCluster, type FakeCluster } from '#sandbox/fake-cluster.ts';
import { KubeClient, type Watch } from '../conformance/cluster/kube-client.ts';

const ALL = '/apis/source.toolkit.fluxcd.io/v1/gitrepositories';
const ONE = '/apis/source.toolkit.fluxcd.io/v1/namespaces/apps/gitrepositories/web';

function gitRepository(name: string, labels: Record<string, string> = {}): object {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { namespace: 'apps', name, labels },
    spec: { url: 'https://git.invalid/x', interval: '1h', suspend: true },
  };
}

describe('the simulated cluster', () => {
  let cluster: FakeCluster;
  let kube: KubeClient;
  const watches: Watch[] = [];
  const version = async (): Promise<string> => (await kube.get(ALL)).object().metadata.resourceVersion;
  const watch = async (path: string): Promise<Watch> => {
    const opened = await kube.watch(path);
    watches.push(opened);
    return opened;
  };

  beforeEach(async () => {
    cluster = await startFakeCluster({ clock: systemClock, log: silentLog, bookmarkInterval: 40 });
    kube = new KubeClient({ server: cluster.url, token: cluster.token, ca: undefined });
    cluster.apply(gitRepository('web'));
    // The controller answers a suspended object once; from then on nothing happens by itself.
    await cluster.waitFor('GitRepository', 'apps', 'web', (object) => object['status'] !== undefined);
  });
  afterEach(async () => {
    for (const each of watches.splice(0)) each.close();
    await cluster.stop();
  });

  it('gives a kubeconfig with server, token and the setting that plain HTTP needs', () => {
    const text = cluster.kubeconfig();
    assert.ok(text.includes(cluster.url) && text.includes(cluster.token) && text.includes('insecure-skip-tls-verify: true'));
  });

  it('answers an unknown caller only its version and probes', async () => {
    const statuses = await Promise.all(
      ['/version', '/readyz', '/api', ALL].map(async (path) => (await fetch(`${cluster.url}${path}`)).status),
    );
    assert.deepEqual(statuses, [200, 200, 403, 403]);
  });

  it('lists its groups, versions and kinds', async () => {
    const groups = JSON.parse((await kube.get('/apis')).text) as { groups: { name: string }[] };
    assert.ok(groups.groups.some((group) => group.name === 'kustomize.toolkit.fluxcd.io'));
    const kinds = JSON.parse((await kube.get('/apis/helm.toolkit.fluxcd.io/v2')).text) as { resources: { name: string }[] };
    assert.deepEqual(
      kinds.resources.map((resource) => resource.name),
      ['helmreleases', 'helmreleases/status'],
    );
  });

  it('serves a kind no longer once it is removed: its objects are deleted and its watches end', async () => {
    const opened = await watch(`${ALL}?resourceVersion=${await version()}`);
    cluster.removeKind('GitRepository');
    await opened.ended;
    assert.equal(opened.events.at(-1)?.type, 'DELETED');
    const gone = await kube.get(ALL);
    assert.deepEqual([gone.status, gone.text], [404, '404 page not found\n']);
    cluster.addKind('GitRepository');
    assert.deepEqual((await kube.get(ALL)).object().items, []);
  });

  it('sends bookmarks to those who ask', async () => {
    const opened = await watch(`${ALL}?resourceVersion=${await version()}&allowWatchBookmarks=true`);
    cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'apps', name: 'other' } });
    const latest = await version();
    assert.ok(await opened.next((event) => event.type === 'BOOKMARK' && event.object.metadata.resourceVersion === latest));
  });

  it('begins a watch without a version with what there is, and marks its end when asked', async () => {
    const query = '?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const opened = await watch(`${ALL}${query}`);
    await opened.next((event) => event.object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true');
    assert.deepEqual(
      opened.events.map((event) => event.type),
      ['ADDED', 'BOOKMARK'],
    );
  });

  it('tells a watch with a selector that an object has left it', async () => {
    const opened = await watch(`${ALL}?labelSelector=tier%3Dfront&resourceVersion=${await version()}`);
    cluster.patch('GitRepository', 'apps', 'web', { metadata: { labels: { tier: 'front' } } });
    cluster.patch('GitRepository', 'apps', 'web', { metadata: { labels: { tier: 'back' } } });
    await opened.next((event) => event.type === 'DELETED');
    assert.deepEqual(
      opened.events.map((event) => event.type),
      ['ADDED', 'DELETED'],
    );
  });

  it('refuses a version that it has not reached', async () => {
    const answer = await kube.get(`${ALL}?resourceVersion=999999`);
    assert.deepEqual([answer.status, answer.refusal().reason], [504, 'Timeout']);
  });

  it('keeps an object with finalizers until they are gone', async () => {
    cluster.patch('GitRepository', 'apps', 'web', { metadata: { finalizers: ['finalizers.fluxcd.io'] } });
    assert.equal((await kube.delete(ONE)).status, 200);
    assert.equal((await kube.get(ONE)).status, 200);
    await kube.mergePatch(ONE, { metadata: { finalizers: [] } });
    assert.equal((await kube.get(ONE)).status, 404);
  });

  describe('paused,', () => {
    it('accepts connections and answers nothing until it is resumed', async () => {
      cluster.pause();
      let answered = false;
      const asked = kube.get(ONE).then((answer) => {
        answered = true;
        return answer;
      });
      await new Promise((resolve) => setTimeout(resolve, 60));
      assert.equal(answered, false);
      cluster.resume();
      assert.equal((await asked).status, 200);
    });

    it('keeps its watches silent and makes up for it afterwards', async () => {
      const opened = await watch(`${ALL}?resourceVersion=${await version()}`);
      cluster.pause();
      cluster.apply(gitRepository('during'));
      await new Promise((resolve) => setTimeout(resolve, 60));
      assert.equal(opened.events.length, 0);
      cluster.resume();
      assert.equal((await opened.next(() => true)).object.metadata.name, 'during');
    });
  });

  it('can let open watches fall silent for ever while new ones work', async () => {
    const from = await version();
    const silent = await watch(`${ALL}?resourceVersion=${from}&allowWatchBookmarks=true`);
    cluster.goMute();
    cluster.apply(gitRepository('unheard'));
    const fresh = await watch(`${ALL}?resourceVersion=${from}`);
    await fresh.next((event) => event.object.metadata.name === 'unheard');
    assert.equal(silent.events.filter((event) => event.object.metadata.name === 'unheard').length, 0);
  });

  it('can cut its watches', async () => {
    const opened = await watch(`${ALL}?resourceVersion=${await version()}`);
    cluster.dropWatches();
    await opened.ended;
    assert.equal(cluster.openWatches(), 0);
  });

  describe('whose history has expired,', () => {
    it('answers a watch with 410 inside the stream, and the next page of a list with 410', async () => {
      cluster.apply(gitRepository('second'));
      const page = (await kube.get(`${ALL}?limit=1`)).object();
      cluster.expireHistory();
      const opened = await watch(`${ALL}?resourceVersion=${page.metadata.resourceVersion}`);
      const event = await opened.next(() => true);
      assert.deepEqual([opened.status, event.type, event.object.code], [200, 'ERROR', 410]);
      const next = await kube.get(`${ALL}?limit=1&continue=${page.metadata.continue}`);
      assert.deepEqual([next.status, next.refusal().reason], [410, 'Expired']);
    });

    it('can answer a watch with status 410 instead', async () => {
      const from = await version();
      cluster.expireHistory('status');
      assert.equal((await watch(`${ALL}?resourceVersion=${from}`)).status, 410);
      assert.equal((await watch(`${ALL}?resourceVersion=${await version()}`)).status, 200);
    });
  });

  it('forgets writes beyond its history', async () => {
    const small = await startFakeCluster({ clock: systemClock, log: silentLog, history: 5 });
    const client = new KubeClient({ server: small.url, token: small.token, ca: undefined });
    const from = (await client.get(ALL)).object().metadata.resourceVersion;
    for (let i = 0; i < 20; i++) small.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'apps', name: `c${i}` } });
    const opened = await client.watch(`${ALL}?resourceVersion=${from}`);
    assert.equal((await opened.next(() => true)).object.code, 410);
    await small.stop();
  });

  it('refuses a verb on a kind with 403, says so in access reviews, and allows it again', async () => {
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { group: 'source.toolkit.fluxcd.io', resource: 'gitrepositories', verb: 'patch' } },
    };
    const allowed = async (): Promise<boolean | undefined> =>
      (await kube.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review)).object().status?.allowed;
    cluster.refuse('patch', 'GitRepository');
    const answer = await kube.mergePatch(ONE, { metadata: { annotations: { a: 'b' } } });
    assert.deepEqual([answer.status, answer.refusal().reason, await allowed()], [403, 'Forbidden', false]);
    assert.equal((await kube.get(ONE)).status, 200);
    cluster.allow('patch', 'GitRepository');
    assert.equal((await kube.mergePatch(ONE, { metadata: { annotations: { a: 'b' } } })).status, 200);
    assert.equal(await allowed(), true);
  });

  it('killed and started again has the same address, token, objects and versions', async () => {
    const before = (await kube.get(ONE)).object();
    const opened = await watch(`${ALL}?resourceVersion=${before.metadata.resourceVersion}`);
    await cluster.kill();
    await opened.ended;
    await assert.rejects(kube.get(ONE), /ECONNREFUSED/);
    await cluster.restart();
    assert.deepEqual((await kube.get(ONE)).object(), before);
  });

  it('gives sources without a simulated controller an artifact that Kustomizations follow', async () => {
    const digest = 'a'.repeat(64);
    cluster.apply({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { namespace: 'apps', name: 'oci' },
      spec: { url: 'oci://registry.example.com/app', interval: '1h' },
    });
    cluster.apply({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { namespace: 'apps', name: 'oci' },
      spec: { interval: '1h', path: './', targetNamespace: 'apps', sourceRef: { kind: 'OCIRepository', name: 'oci' } },
    });
    const files = { 'c.yaml': JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'from-oci' } }) };
    cluster.publish('OCIRepository', 'apps', 'oci', { revision: `v1@sha256:${digest}`, files });
    const applied = await cluster.waitFor('Kustomization', 'apps', 'oci', (object) => {
      const status = object['status'] as { lastAppliedRevision?: string } | undefined;
      return status?.lastAppliedRevision === `v1@sha256:${digest}`;
    });
    assert.equal(applied.metadata.name, 'oci');
    assert.ok(cluster.get('ConfigMap', 'apps', 'from-oci'));
  });
});
