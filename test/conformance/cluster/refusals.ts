import assert from 'node:assert/strict';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import { gitRepositoryPath } from './flux-objects.ts';
import { KubeClient } from './kube-client.ts';

/** Statements about what the API server says when it refuses. */
export function refusalConformance(opened: () => ClusterUnderTest, kube: () => KubeClient, namespace: string): void {
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
