import assert from 'node:assert/strict';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import { eventually } from './eventually.ts';
import { configMapPath, expectOk, gitRepositoryPath, namespaceObject } from './flux-objects.ts';
import { idleRepository } from './idle-objects.ts';
import { listConformance } from './lists.ts';
import { patchConformance } from './patches.ts';
import { refusalConformance } from './refusals.ts';
import { watchConformance } from './watches.ts';
import { KubeClient, type KubeObject } from './kube-client.ts';

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
      for (const name of ['alpha', 'beta', 'gamma']) await opened().apply(idleRepository(namespace, name));
    });

    listConformance(() => kube, namespace);
    watchConformance(opened, () => kube, namespace);
    refusalConformance(opened, () => kube, namespace);
    patchConformance(() => kube, namespace);

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
      await opened().apply(idleRepository(namespace, 'shortlived'));
      const path = gitRepositoryPath(namespace, 'shortlived');
      assert.equal((await kube.delete(path)).status, 200);
      await eventually(async () => assert.equal((await kube.get(path)).status, 404));
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
