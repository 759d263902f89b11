import assert from 'node:assert/strict';
import { createContentReader } from '#adapters/github/read-content.ts';
import { systemClock } from '#core/clock.ts';
import { contentConformance } from '../../conformance/content.ts';
import { History } from '../../conformance/read-back/history.ts';
import { readBackConformance, type ReadBackUnderTest } from '../../conformance/read-back.ts';
import { REPOSITORY, startApiWorld, type ApiWorld } from './api-world.ts';

readBackConformance("GitHub's API", open);

contentConformance("GitHub's API", async () => {
  const { world, readBack: _, ...more } = await open();
  return { content: createContentReader(world.access().client, systemClock), ...more };
});

describe("a file of GitHub's API", () => {
  it('is refused when its content is not what its id says', async () => {
    const world = await startApiWorld();
    try {
      await world.github.createRepository(REPOSITORY);
      const history = new History(world.github.repository(REPOSITORY).directory);
      const commit = await history.one('refs/heads/main', { 'policies/a.yaml': 'a: 1' });
      const { client } = world.access();
      const lying = {
        send: async (...asked: Parameters<typeof client.send>): ReturnType<typeof client.send> => {
          const answer = await client.send(...asked);
          return asked[0].includes('/git/blobs/') ? { ...answer, data: { encoding: 'base64', content: btoa('a: 2') } } : answer;
        },
      };
      const read = (asker: Pick<typeof client, 'send'>) =>
        createContentReader(asker as typeof client, systemClock).read(REPOSITORY, commit, 'policies');
      await assert.rejects(read(lying), { code: 'SOURCE_UNREACHABLE' });
      assert.equal((await read(client))?.length, 1);
    } finally {
      await world.stop();
    }
  });
});

async function open(): Promise<ReadBackUnderTest & { readonly world: ApiWorld }> {
  const world = await startApiWorld();
  const { github, readBack } = world;
  return {
    world,
    readBack,
    async createRepository(name) {
      await github.createRepository(name);
      return github.repository(name).directory;
    },
    async trouble(kind) {
      const { faults } = github.rest;
      faults.clear();
      if (kind !== 'none') faults.next({ kind: 'status', status: kind === 'refused' ? 401 : 503 }, { count: 1_000_000 });
    },
    stop: () => world.stop(),
  };
}
