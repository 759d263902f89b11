import { watchAnnotations, type AnnotationWatch } from '../annotation-watch.ts';
import type { Figure, Section } from '../figures.ts';
import { pushBody, pushTo } from '../push.ts';
import { openSender, type Sender } from '../sender.ts';
import { median, percentile } from '../statistics.ts';
import type { BenchTarget } from '../targets.ts';
import { NAMESPACE, type World } from '../world.ts';

/** So that what follows an annotation (Events, journal) does not slow the next sample of the other. */
const PAUSE_MS = 20;

interface Way {
  url(target: BenchTarget): string;
  readonly rounds: number[][];
}

/** Request sent → annotation seen by an independent watch, one push at a time, Headgate and the Receiver in turn. */
export async function measureAnnotating(world: World): Promise<Section> {
  const targets = await world.loadTargets();
  const headgate = await world.headgate({});
  await headgate.synced();
  const sender = openSender(world.secret, 1);
  const watch = await watchAnnotations(world.cluster.admin, NAMESPACE);
  const receiver: Way = { url: (target) => `${world.cluster.controllers.receiverUrl}${target.receiverPath}`, rounds: [] };
  const ours: Way = { url: () => headgate.hook, rounds: [] };
  try {
    await takeTurns(world, targets, [receiver, ours], sender, watch);
  } finally {
    watch.close();
    sender.close();
    await headgate.stop();
  }
  return { title: 'Request sent → annotation visible', method: method(world), figures: figures(receiver.rounds, ours.rounds) };
}

function method(world: World): readonly string[] {
  return [
    `one push at a time, ${world.pace.latencyRounds} × ${world.pace.latencyPushes} by either way in turn, round the same targets; seen by a watch of its own`,
    'Headgate: HMAC, fsync, match, policy, queue, patch. Receiver: HMAC, patch. Figures are medians of rounds; p99 over all',
  ];
}

async function takeTurns(
  world: World,
  targets: readonly BenchTarget[],
  ways: readonly Way[],
  sender: Sender,
  watch: AnnotationWatch,
): Promise<void> {
  let turn = 0;
  for (let round = -1; round < world.pace.latencyRounds; round++) {
    const samples = ways.map((): number[] => []);
    for (let push = 0; push < world.pace.latencyPushes; push++, turn++) {
      for (const [index, way] of ways.entries()) {
        // Half the targets apart: Headgate leaves 500 ms between two patches of one target.
        const target = targets[(turn + index * Math.floor(targets.length / 2)) % targets.length];
        if (target !== undefined) samples[index]?.push(await sample(sender, watch, way, target));
      }
    }
    if (round >= 0) for (const [index, way] of ways.entries()) way.rounds.push(samples[index] ?? []); // the first one warms up
  }
}

async function sample(sender: Sender, watch: AnnotationWatch, way: Way, target: BenchTarget): Promise<number> {
  const body = pushBody(pushTo(target.repository));
  const seen = watch.next(target.name);
  const { at, answered } = sender.send(way.url(target), body);
  const [change] = await Promise.all([seen, answered]);
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  return change.at - at;
}

function figures(receiver: readonly number[][], ours: readonly number[][]): readonly Figure[] {
  const medians = (rounds: readonly number[][]): number[] => rounds.map((round) => median(round));
  const ratios = ours.map((round, index) => median(round) / median(receiver[index] ?? []));
  return [
    { name: 'Receiver', unit: 'ms', samples: medians(receiver) },
    { name: 'Receiver, p99', unit: 'ms', samples: [percentile(receiver.flat(), 0.99)] },
    { name: 'Headgate', unit: 'ms', samples: medians(ours) },
    { name: 'Headgate, p99', unit: 'ms', samples: [percentile(ours.flat(), 0.99)] },
    { name: 'Headgate ÷ Receiver', unit: '×', samples: ratios, goal: { atMost: 1.2 } },
  ];
}
