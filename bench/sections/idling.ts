import type { Section } from '../figures.ts';
import type { Headgate } from '../headgate.ts';
import { ALL_TARGETS, type World } from '../world.ts';

const MEGABYTE = 1_000_000;

/** How long it takes to start, and what it costs when nothing happens. */
export async function measureIdling(world: World): Promise<Section> {
  await world.loadTargets();
  const ready: number[] = [];
  const resident: number[] = [];
  for (let start = 0; start < world.pace.starts; start++) {
    const headgate = await world.headgate({});
    ready.push(headgate.readyAfter);
    if (start === world.pace.starts - 1) resident.push(await idle(headgate, world.pace.idleSeconds));
    await headgate.stop();
  }
  return {
    title: 'Start and memory',
    method: [
      `bin/headgate serve, spawned → /readyz 200, ${world.pace.starts} times, with an empty journal; memory ${world.pace.idleSeconds} s after it has synced`,
      `${ALL_TARGETS} GitRepositories, a Kustomization on each; all threads and child processes count`,
    ],
    figures: [
      { name: 'start to ready', unit: 'ms', samples: ready, goal: { below: 1_500 } },
      { name: `resident with ${ALL_TARGETS} targets`, unit: 'MB', samples: resident, goal: { below: 200 } },
    ],
  };
}

async function idle(headgate: Headgate, seconds: number): Promise<number> {
  await headgate.synced();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  return headgate.resident() / MEGABYTE;
}
