import { GerritLossWorld, shortly, type Moments } from '../../test/server/gerrit-loss-world.ts';
import type { Figure, Section } from '../figures.ts';
import type { Pace } from '../pace.ts';

/** Before what counts. */
const WARM_UP = 3;
/** Headgate leaves 500 ms between two patches of one target. */
const PAUSE_MS = 700;

interface Submitted extends Moments {
  /** When the submit was asked for. */
  readonly asked: number;
  /** When it was done: what the branch led to, and who was told. */
  readonly done: number;
}

/** Submit on a simulated Gerrit → annotation stored, over stream-events, read back on loopback; everything in this process. */
export async function measureSubmitting({ applied }: Pace): Promise<Section> {
  const world = await GerritLossWorld.start();
  try {
    const rounds: Submitted[] = [];
    for (let n = -WARM_UP; n < applied; n++) {
      const round = await submit(world, `submit-${n + WARM_UP}`);
      if (n >= 0) rounds.push(round);
    }
    return { title: 'Submit on Gerrit → annotation stored', method: method(applied), figures: figures(rounds) };
  } finally {
    await world.stop();
  }
}

async function submit(world: GerritLossWorld, text: string): Promise<Submitted> {
  const change = await world.reviewed(text);
  await shortly(PAUSE_MS);
  const asked = Date.now();
  await world.gerrit.submit(change);
  const done = Date.now();
  const head = await world.head();
  await world.applied(head);
  return { asked, done, ...(await world.moments(head)) };
}

function method(count: number): readonly string[] {
  return [
    `${count} submits of one change each, one after the other; Gerrit, cluster and Headgate in this process, git and REST over loopback`,
    'requirements, votes and submitters are read back; by clocks of one process, in whole milliseconds',
  ];
}

function figures(rounds: readonly Submitted[]): readonly Figure[] {
  const part = (name: string, from: keyof Submitted, to: keyof Submitted, more: Partial<Figure> = {}): Figure => ({
    ...{ name, unit: 'ms', samples: rounds.map((round) => round[to] - round[from]) },
    ...more,
  });
  return [
    part('submit asked → annotation', 'asked', 'annotated', { goal: { below: 150 } }),
    part('submit asked → event heard', 'asked', 'heard', { note: 'for the most part what the simulated Gerrit takes to submit' }),
    part('event heard → head confirmed', 'heard', 'confirmed', { note: 'journalled, then one question' }),
    part('head confirmed → decided', 'confirmed', 'decided', {
      note: 'who submitted, which changes, their votes and requirements; policy',
    }),
    part('decided → annotation', 'decided', 'annotated', { note: 'journalled, queued, decided again if need be, patched' }),
    part('submit asked → submit answered', 'asked', 'done', { note: 'for comparison' }),
  ];
}
