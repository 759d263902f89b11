import type { Section } from '../figures.ts';
import type { Headgate } from '../headgate.ts';
import { ALL_TARGETS, type World } from '../world.ts';

const MEGABYTE = 1_000_000;

/** A source that reads back by API, and follows none of the targets: it loads what it takes to ask, and asks nothing. */
const withApi = { forge: 'http://127.0.0.1:1', source: { api: { token: { file: './token' } } } };

/** How long it takes to start, and what it costs when nothing happens. */
export async function measureIdling(world: World): Promise<Section> {
  await world.loadTargets();
  const plain = await measure(world, {});
  const api = await measure(world, withApi);
  return {
    title: 'Start and memory',
    method: [
      `bin/headgate serve, spawned → /readyz 200, ${world.pace.starts} times, with an empty journal; memory ${world.pace.idleSeconds} s after it has synced`,
      `${ALL_TARGETS} GitRepositories, a Kustomization on each; all threads and child processes count`,
      'api: with a source that is read back by API',
    ],
    figures: [
      { name: 'start to ready', unit: 'ms', samples: plain.ready, goal: { below: 1_500 } },
      { name: 'start to ready, api', unit: 'ms', samples: api.ready, goal: { below: 1_500 } },
      { name: `resident with ${ALL_TARGETS} targets`, unit: 'MB', samples: plain.resident, goal: { below: 200 } },
      { name: `resident with ${ALL_TARGETS} targets, api`, unit: 'MB', samples: api.resident, goal: { below: 200 } },
    ],
  };
}

async function measure(
  { headgate: start, pace }: World,
  options: Parameters<World['headgate']>[0],
): Promise<{ readonly ready: readonly number[]; readonly resident: readonly number[] }> {
  const ready: number[] = [];
  const resident: number[] = [];
  for (let count = 1; count <= pace.starts; count++) {
    const headgate = await start(options);
    ready.push(headgate.readyAfter);
    if (count === pace.starts) resident.push(await idle(headgate, pace.idleSeconds));
    await headgate.stop();
  }
  return { ready, resident };
}

async function idle(headgate: Headgate, seconds: number): Promise<number> {
  await headgate.synced();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  return headgate.resident() / MEGABYTE;
}
