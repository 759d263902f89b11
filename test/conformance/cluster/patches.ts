import assert from 'node:assert/strict';
import { expectOk, gitRepositoryPath } from './flux-objects.ts';
import type { KubeClient } from './kube-client.ts';

/** Statements about merge patches, by which objects are annotated. The namespace holds the GitRepository alpha. */
export function patchConformance(kube: () => KubeClient, namespace: string): void {
  const one = gitRepositoryPath(namespace, 'alpha');
  describe('a merge patch', () => {
    it('of an annotation changes the resource version and not the generation', async () => {
      const before = expectOk(await kube().get(one));
      const after = expectOk(await kube().mergePatch(one, { metadata: { annotations: { 'example.com/a': String(Date.now()) } } }));
      assert.notEqual(after.metadata.resourceVersion, before.metadata.resourceVersion);
      assert.equal(after.metadata.generation, before.metadata.generation);
      assert.equal(after.metadata.uid, before.metadata.uid);
    });

    it('leaves alone what it does not mention, and null removes', async () => {
      await kube().mergePatch(one, { metadata: { annotations: { 'example.com/keep': 'kept', 'example.com/drop': 'dropped' } } });
      const after = expectOk(await kube().mergePatch(one, { metadata: { annotations: { 'example.com/drop': null } } }));
      assert.equal(after.metadata.annotations?.['example.com/keep'], 'kept');
      assert.equal(after.metadata.annotations?.['example.com/drop'], undefined);
      assert.equal(after.spec?.['url'], 'https://git.invalid/org/idle');
    });

    it('that changes nothing keeps the resource version, so that a repeated request is invisible', async () => {
      const body = { metadata: { annotations: { 'example.com/same': 'same' } } };
      const first = expectOk(await kube().mergePatch(one, body));
      const second = expectOk(await kube().mergePatch(one, body));
      assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
    });

    it('of the spec raises the generation by one', async () => {
      const before = expectOk(await kube().get(one));
      const after = expectOk(await kube().mergePatch(one, { spec: { interval: `${60 + (before.metadata.generation ?? 0)}m` } }));
      assert.equal(after.metadata.generation, (before.metadata.generation ?? 0) + 1);
    });

    it('that names the current resource version passes, and one that names an older is refused with 409', async () => {
      const before = expectOk(await kube().get(one));
      const guarded = (value: string): object => ({
        metadata: { resourceVersion: before.metadata.resourceVersion, annotations: { 'example.com/guarded': value } },
      });
      expectOk(await kube().mergePatch(one, guarded(`first ${before.metadata.resourceVersion}`)));
      const late = await kube().mergePatch(one, guarded('second'));
      assert.equal(late.status, 409);
      assert.equal(late.refusal().reason, 'Conflict');
    });

    it('does not reach the status', async () => {
      const before = expectOk(await kube().get(one));
      const after = expectOk(await kube().mergePatch(one, { status: { observedGeneration: 4711 } }));
      assert.deepEqual(after.status, before.status);
    });

    it('names its field manager in the query', async () => {
      const answer = await kube().mergePatch(`${one}?fieldManager=headgate`, {
        metadata: { annotations: { 'example.com/by': 'headgate' } },
      });
      const managers = JSON.parse(answer.text) as { metadata: { managedFields?: { manager: string }[] } };
      assert.ok(managers.metadata.managedFields?.some((entry) => entry.manager === 'headgate'));
    });

    it('of an object that does not exist is refused with 404', async () => {
      const answer = await kube().mergePatch(gitRepositoryPath(namespace, 'nobody'), { metadata: { annotations: { a: 'b' } } });
      assert.equal(answer.status, 404);
      assert.equal(answer.refusal().reason, 'NotFound');
    });
  });
}
