import assert from 'node:assert/strict';
import { expectOk, gitRepositoryPath } from './flux-objects.ts';
import type { KubeClient, KubeObject } from './kube-client.ts';

/** Statements about lists. The namespace holds the GitRepositories alpha, beta and gamma. */
export function listConformance(kube: () => KubeClient, namespace: string): void {
  describe('a list', () => {
    it('answers kind, resource version and the whole objects', async () => {
      const list = expectOk(await kube().get(gitRepositoryPath(namespace)));
      assert.equal(list.kind, 'GitRepositoryList');
      assert.equal(list.apiVersion, 'source.toolkit.fluxcd.io/v1');
      assert.match(list.metadata.resourceVersion, /^\d+$/);
      assert.deepEqual(
        (list.items ?? []).map((item) => item.metadata.name),
        ['alpha', 'beta', 'gamma'],
      );
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
