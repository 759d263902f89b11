import { contentConformance } from '../../../conformance/content.ts';
import { readBackConformance, type ReadBackUnderTest } from '../../../conformance/read-back.ts';
import { startGerritWorld, type GerritWorld } from './gerrit-world.ts';

readBackConformance("Gerrit's API", open);

contentConformance("Gerrit's API", async () => {
  const { world, readBack: _, ...more } = await open();
  return { content: world.mirror, ...more };
});

async function open(): Promise<ReadBackUnderTest & { readonly world: GerritWorld }> {
  const world = await startGerritWorld();
  const { host, readBack } = world;
  const asItShouldBe = host.instead;
  return {
    world,
    readBack,
    createRepository: (name) => world.createRepository(name),
    async trouble(kind) {
      host.credentials = kind === 'refused' ? 'reader:changed' : 'reader:correct';
      host.instead = asItShouldBe;
      if (kind === 'unreachable') host.instead = (_, response) => (response.writeHead(503).end(), true);
      if (kind === 'refused') host.instead = (_, response) => (response.writeHead(401).end('Unauthorized'), true);
    },
    stop: () => world.stop(),
  };
}
