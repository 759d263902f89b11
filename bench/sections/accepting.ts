import { requireTools } from '../../test/e2e/cluster/tools.ts';
import { watchAnnotations, type AnnotationWatch } from '../annotation-watch.ts';
import { allCores, confine, ownProcesses } from '../cores.ts';
import { isInMemory, slowSync, syncTime } from '../disk.ts';
import { violations, type Figure, type Section } from '../figures.ts';
import { startFloor } from '../floor.ts';
import type { Headgate } from '../headgate.ts';
import { BODY_BYTES, pushTo } from '../push.ts';
import type { BenchTarget } from '../targets.ts';
import { shoot, type LoadResult, type Shot } from '../wrk.ts';
import { NAMESPACE, type World } from '../world.ts';

const CONNECTIONS = 64;
const SLOW_SYNC_MS = 10;
const GENERATOR_CORE = 0;
const SERVER_CORE = 1;

const atLeast = { atLeast: 2_000 };
const patience = { below: 60 };

/** What one round of load came to. */
interface Round extends LoadResult {
  /** Annotations changed per second meanwhile, over all targets, as a watch saw them. */
  readonly patches: number;
}

/** A round of a Headgate of its own, warm-up included. */
interface OwnRound extends Round {
  /** Answers 2xx that wrk saw, and deliveries that the server counted as accepted. */
  readonly seen: number;
  readonly said: number;
  /** In the journal's file afterwards. */
  readonly rows: number;
}

interface Load {
  readonly world: World;
  readonly watch: AnnotationWatch;
  /** API server, etcd, controllers and this process: kept off Headgate's core while it is measured. */
  readonly others: readonly number[];
}

interface Case {
  readonly name: string;
  readonly targets: readonly BenchTarget[];
}

/** Durable accepted pushes per second, with the patches that they cause going on, next to the Receiver's. */
export async function measureAccepting(world: World): Promise<Section> {
  requireTools(['wrk', 'taskset']);
  const targets = await world.loadTargets();
  const single = { name: 'one target', targets: targets.slice(0, 1) };
  const spread = { name: `${targets.length} targets`, targets };
  const others = ownProcesses();
  const watch = await watchAnnotations(world.cluster.admin, NAMESPACE);
  try {
    const load: Load = { world, watch, others };
    const floor = await floorFigure(load, single);
    const normal = await compare(load, [single, spread]);
    const slow = await slowed(load, spread);
    return { title: 'Durable accepted pushes', method: method(world), figures: [floor, ...normal, ...slow] };
  } finally {
    watch.close();
    await confine(others, allCores());
  }
}

function method(world: World): readonly string[] {
  const { loadRounds, loadSeconds, warmUpSeconds } = world.pace;
  const disk = world.directory('disk');
  const sync = `a bare append of 1 KB with fdatasync takes ${syncTime(disk).toFixed(2)} ms on this disk`;
  return [
    `wrk on core ${GENERATOR_CORE}, ${CONNECTIONS} connections, closed loop, ${loadRounds} × ${loadSeconds} s after ${warmUpSeconds} s of warm-up, ${BODY_BYTES} bytes, unique delivery ids, interleaved`,
    `Headgate on core ${SERVER_CORE} alone: HMAC, fsync before 202, its own matching, deciding and patching meanwhile; journal and etcd on one disk`,
    'Receiver: HMAC, then the patch within the request, on all cores. The same objects for both',
    `API server, etcd and controllers keep off core ${SERVER_CORE} in Headgate's rounds and use all in the Receiver's; source-controller is paused`,
    isInMemory(disk) ? `WARNING: the temporary directory is in memory, fsync means nothing here` : sync,
  ];
}

/** What one core of this machine does at most: the figures of different machines, and of one machine on different days, compare by it. */
async function floorFigure({ world, watch, others }: Load, { targets }: Case): Promise<Figure> {
  await confine(
    others,
    allCores().filter((core) => core !== SERVER_CORE),
  );
  const floor = await startFloor({ core: SERVER_CORE, secret: world.secret, directory: world.directory('floor') });
  try {
    const shots = targets.map((target) => ({ path: '/', push: pushTo(target.repository) }));
    await measure(world, watch, floor.url, shots, world.pace.warmUpSeconds);
    const { perSecond } = await measure(world, watch, floor.url, shots, world.pace.loadSeconds);
    const note = 'node:http, HMAC and JSON.parse on one core, nothing kept: the most that this machine could do';
    return { name: 'machine', unit: '/s', samples: [perSecond], note };
  } finally {
    await floor.stop();
  }
}

async function compare(load: Load, cases: readonly Case[]): Promise<Figure[]> {
  const receiver = cases.map((): Round[] => []);
  const ours = cases.map((): OwnRound[] => []);
  for (let round = 0; round < load.world.pace.loadRounds; round++) {
    for (const [index, each] of cases.entries()) {
      receiver[index]?.push(await receiverRound(load, each));
      ours[index]?.push(await headgateRound(load, each, {}));
    }
  }
  const figures = cases.flatMap((each, index) => comparison(each, receiver[index] ?? [], ours[index] ?? []));
  return [...figures, ...account(ours.flat(), '')];
}

async function slowed(load: Load, each: Case): Promise<Figure[]> {
  const label = `fsync +${SLOW_SYNC_MS} ms`;
  const env = await slowSync(load.world.directory('shim'), SLOW_SYNC_MS);
  const rounds: OwnRound[] = [];
  for (let round = 0; round < load.world.pace.loadRounds; round++) rounds.push(await headgateRound(load, each, env));
  return [...ownFigures(`Headgate, ${each.name}, ${label}`, rounds), ...account(rounds, `, ${label}`)];
}

function comparison({ name }: Case, receiver: readonly Round[], ours: readonly Round[]): Figure[] {
  const ratios = ours.map((round, index) => round.perSecond / (receiver[index]?.perSecond ?? Number.NaN));
  return [
    { name: `Receiver, ${name}`, unit: '/s', samples: receiver.map((round) => round.perSecond) },
    { name: `Receiver, ${name}, p50`, unit: 'ms', samples: receiver.map((round) => round.p50) },
    { name: `Receiver, ${name}, p99`, unit: 'ms', samples: receiver.map((round) => round.p99) },
    ...ownFigures(`Headgate, ${name}`, ours),
    { name: `Headgate ÷ Receiver, ${name}`, unit: '×', samples: ratios, goal: { atLeast: 8 } },
  ];
}

function ownFigures(name: string, rounds: readonly Round[]): Figure[] {
  return [
    { name, unit: '/s', samples: rounds.map((round) => round.perSecond), goal: atLeast },
    { name: `${name}, p50`, unit: 'ms', samples: rounds.map((round) => round.p50) },
    { name: `${name}, p99`, unit: 'ms', samples: rounds.map((round) => round.p99), goal: patience },
    { name: `${name}, patches meanwhile`, unit: '/s', samples: rounds.map((round) => round.patches) },
  ];
}

async function receiverRound({ world, watch, others }: Load, { targets }: Case): Promise<Round> {
  const url = world.cluster.controllers.receiverUrl;
  if (url === undefined) throw new Error('notification-controller is not running');
  await confine(others, allCores());
  const shots = targets.map((target) => ({ path: target.receiverPath, push: pushTo(target.repository) }));
  const round = await measure(world, watch, url, shots, world.pace.loadSeconds);
  await quiet(watch);
  return round;
}

/**
 * A fresh server and journal for each round: source-controller is paused, so nothing that is asked for ever ends, and what a
 * round leaves under observation would slow the next one.
 */
async function headgateRound(load: Load, each: Case, env: Readonly<Record<string, string>>): Promise<OwnRound> {
  const { world, watch, others } = load;
  await confine(
    others,
    allCores().filter((core) => core !== SERVER_CORE),
  );
  const headgate = await world.headgate({ core: SERVER_CORE, env });
  await headgate.synced();
  const warmUp = await headgateLoad(load, each, headgate, world.pace.warmUpSeconds);
  const round = await headgateLoad(load, each, headgate, world.pace.loadSeconds);
  const said = (await headgate.metrics()).sum('headgate_webhook_requests_total', { code: 'accepted' });
  await headgate.stop();
  await quiet(watch);
  const rows = Object.values(headgate.journalled()).reduce((sum, count) => sum + count, 0);
  return { ...round, errors: round.errors + warmUp.errors, seen: round.accepted + warmUp.accepted, said, rows };
}

async function headgateLoad({ world, watch }: Load, { targets }: Case, headgate: Headgate, seconds: number): Promise<Round> {
  const { origin, pathname } = new URL(headgate.hook);
  const perTarget = Math.ceil(128 / targets.length); // so that one target sees many revisions
  const shots = Array.from({ length: perTarget }, () =>
    targets.map(({ repository }) => ({ path: pathname, push: pushTo(repository) })),
  ).flat();
  const round = await measure(world, watch, origin, shots, seconds);
  await drained(headgate);
  return round;
}

async function measure(world: World, watch: AnnotationWatch, url: string, shots: readonly Shot[], seconds: number): Promise<Round> {
  const before = watch.changes.length;
  const { secret } = world;
  const load = { url, shots, secret, connections: CONNECTIONS, seconds, core: GENERATOR_CORE, directory: world.directory('wrk') };
  const result = await shoot(load);
  return { ...result, patches: (watch.changes.length - before) / seconds };
}

/** Everything accepted has been matched and decided. */
async function drained(headgate: Headgate): Promise<void> {
  await until(
    async () => (await headgate.metrics()).sum('headgate_deliveries', { state: 'pending' }) === 0,
    120_000,
    'deliveries are still pending',
  );
}

/** Nothing has been annotated for a while: no request of the round before is still on its way. */
async function quiet(watch: AnnotationWatch): Promise<void> {
  let seen = -1;
  await until(
    async () => {
      const before = seen;
      seen = watch.changes.length;
      return before === seen;
    },
    60_000,
    'annotations go on changing',
    550,
  );
}

async function until(done: () => Promise<boolean>, within: number, complaint: string, every = 100): Promise<void> {
  const deadline = performance.now() + within;
  while (!(await done())) {
    if (performance.now() > deadline) throw new Error(`${complaint} after ${within / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

/** What was answered 2xx must be in the journal, whoever counts. */
function account(rounds: readonly OwnRound[], label: string): readonly Figure[] {
  const total = (of: (round: OwnRound) => number): number => rounds.reduce((sum, round) => sum + of(round), 0);
  const lost = total(({ said, seen, rows }) => Math.max(0, said - rows, seen - rows));
  const note = `${total(({ rows }) => rows)} rows; the servers counted ${total(({ said }) => said)} accepted, wrk ${total(({ seen }) => seen)} 2xx`;
  return [
    violations(`answered 2xx and not in the journal${label}`, lost, note),
    violations(
      `refused or broken${label}`,
      total(({ errors }) => errors),
      'answers of 400 and more, lost connections',
    ),
  ];
}
