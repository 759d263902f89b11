import assert from 'node:assert/strict';
import { findStories } from '#cli/find-stories.ts';
import type { ApiClient, Query } from '#cli/api-client.ts';

/** A server that knows of nothing, and what it was asked for. */
function asking(): { readonly client: ApiClient; readonly asked: (readonly [string, Query | undefined])[] } {
  const asked: (readonly [string, Query | undefined])[] = [];
  const client: ApiClient = {
    get: (path, query) => {
      asked.push([path, query]);
      return Promise.resolve({ items: [], next: null });
    },
    address: { url: 'http://127.0.0.1:9080', token: null },
    post: () => assert.fail('nothing is changed'),
    delete: () => assert.fail('nothing is deleted'),
  };
  return { client, asked };
}

describe('what a name given to trace may be', () => {
  const limit = '5';
  const cases: readonly (readonly [name: string, first: Query])[] = [
    ['57', { brought: '57', limit }],
    ['12345', { brought: '12345', limit }],
    ['acme/menu~57', { repository: 'acme/menu', brought: '57', limit }],
    ['acme%2Fmenu~57', { repository: 'acme/menu', brought: '57', limit }],
    ['https://review.example.com/c/acme/menu/+/57', { repository: 'acme/menu', brought: '57', limit }],
    ['https://example.com/gerrit/c/acme/menu/+/57/3?tab=comments', { repository: 'acme/menu', brought: '57', limit }],
    ['https://review.example.com/c/c/+/9', { repository: 'c', brought: '9', limit }],
    ['50%~7', { repository: '50%', brought: '7', limit }],
    ['3f2a', { revision: '3f2a', limit }],
    ['3F2A9', { revision: '3f2a9', limit }],
  ];
  for (const [name, first] of cases) {
    it(`asks of ${name} for ${JSON.stringify(first)} first`, async () => {
      const { client, asked } = asking();
      await assert.rejects(findStories(client, name), { code: 'NOT_FOUND' });
      const [path, query] = asked[0] ?? assert.fail('it asked nothing');
      assert.deepEqual([path, { ...query, limit }], ['/v1/changes', first]);
    });
  }

  it('takes digits for a commit where no change of Gerrit has that number', async () => {
    const { client, asked } = asking();
    await assert.rejects(findStories(client, '12345'), { code: 'NOT_FOUND' });
    assert.deepEqual(
      asked.map(([path, query]) => [path, Object.keys(query ?? {})[0]]),
      [
        ['/v1/changes', 'brought'],
        ['/v1/changes', 'revision'],
        ['/v1/deliveries', 'deliveryId'],
      ],
    );
  });
});
