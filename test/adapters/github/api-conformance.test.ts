import { readBackConformance } from '../../conformance/read-back.ts';
import { startApiWorld } from './api-world.ts';

readBackConformance("GitHub's API", async () => {
  const world = await startApiWorld();
  const { github, readBack } = world;
  return {
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
});
