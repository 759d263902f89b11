import type { Change } from '#core/change.ts';
import type { Page, Story } from '#core/ports/journal.ts';
import type { Wire } from '#core/wire.ts';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeGithub, type FakeGithub } from '#sandbox/fake-github.ts';
import type { Figure, Section } from '../figures.ts';
import { FORGE_TOKEN, type Headgate } from '../headgate.ts';
import { pushBody, pushTo } from '../push.ts';
import { openSender, type Sender } from '../sender.ts';
import { median, percentile } from '../statistics.ts';
import { createObjects } from '../targets.ts';
import { NAMESPACE, type World } from '../world.ts';

const TARGETS = 4;
/** So that what follows a decision does not slow the next sample. */
const PAUSE_MS = 20;

/** A way to confirm, and a Headgate that goes it. */
interface Way {
  readonly headgate: Headgate;
  readonly names: readonly string[];
  readonly samples: number[];
  /** Makes one commit on the main branch of `org/<name>`; nobody is told. */
  readonly commit: (name: string, turn: number) => Promise<{ readonly before: string | null; readonly after: string }>;
}

/** What it takes to ask the forge: received → decided, without and with reading back, in turn. */
export async function measureConfirming(world: World): Promise<Section> {
  await world.loadTargets(); // nobody fetches meanwhile
  const github = await startFakeGithub({ clock: systemClock, log: silentLog, directory: world.directory('github') });
  github.rest.addToken(FORGE_TOKEN);
  github.rest.rateLimit.set(1_000_000, { limit: 1_000_000 });
  const sender = openSender(world.secret, 1);
  try {
    const opening = [
      openGitWay(world, 'none', {}),
      openApiWay(world, github),
      openGitWay(world, 'git', { readBack: 'git', git: {} }),
    ] as const;
    const [none, api, git] = await Promise.all(opening);
    await takeTurns([none, api, git], sender, world.pace.confirmed);
    await Promise.all([none, api, git].map(({ headgate }) => headgate.stop()));
    return { title: 'Received → decided', method: method(world), figures: figures(none.samples, api.samples, git.samples) };
  } finally {
    sender.close();
    await github.stop();
  }
}

function method({ pace }: World): readonly string[] {
  return [
    `one push at a time, ${pace.confirmed} by either way in turn, round ${TARGETS} targets; by the journal's own times, in milliseconds`,
    "api: the sandbox's GitHub, each push a merged and reviewed pull request: where the ref stands, then range, files, pull request, reviews, checks",
    'git: `git http-backend`, ls-remote, then fetch and diff in a partial mirror. Both start git processes on the cores that are measured',
  ];
}

function figures(none: readonly number[], api: readonly number[], git: readonly number[]): readonly Figure[] {
  const p99 = (name: string, samples: readonly number[]): Figure => ({
    name: `${name}, p99`,
    unit: 'ms',
    samples: [percentile(samples, 0.99)],
  });
  const added = (samples: readonly number[]): readonly number[] => [median(samples) - median(none)];
  return [
    { name: 'not asked', unit: 'ms', samples: none },
    p99('not asked', none),
    { name: 'api', unit: 'ms', samples: api },
    p99('api', api),
    { name: 'git', unit: 'ms', samples: git },
    p99('git', git),
    { name: 'added by api', unit: 'ms', samples: added(api), goal: { atMost: 80 } },
    { name: 'added by git', unit: 'ms', samples: added(git) },
  ];
}

async function openGitWay(world: World, by: string, source: object): Promise<Way> {
  const names = namesOf(by);
  const hosted = new Map(await Promise.all(names.map(async (name) => [name, await world.git.repository(`org/${name}`)] as const)));
  const heads = new Map<string, string>();
  const commit: Way['commit'] = async (name, turn) => {
    const before = heads.get(name) ?? null;
    const after = (await hosted.get(name)?.commit({ 'deploy/config.yaml': `# ${turn}\n` })) ?? '';
    heads.set(name, after);
    return { before, after };
  };
  await createObjects(world.cluster, { namespace: NAMESPACE, forge: world.git.url, secret: world.secret, names });
  return openWay(names, commit, await world.headgate({ source }));
}

async function openApiWay(world: World, github: FakeGithub): Promise<Way> {
  const names = namesOf('api');
  await Promise.all(names.map((name) => github.createRepository(`org/${name}`)));
  const commit: Way['commit'] = async (name, turn) => {
    const { before, after } = await github.push({ repository: `org/${name}`, files: { 'deploy/config.yaml': `# ${turn}\n` } });
    if (after === null) throw new Error('the push made no commit');
    if (before !== null) mergeByPull(github, `org/${name}`, before, after);
    return { before, after };
  };
  await createObjects(world.cluster, { namespace: NAMESPACE, forge: github.url, secret: world.secret, names });
  return openWay(names, commit, await world.headgate({ forge: github.url, source: { api: { token: { file: './token' } } } }));
}

/** The commit came by a pull request that somebody else approved, and its checks passed. */
function mergeByPull({ rest }: FakeGithub, repository: string, base: string, sha: string): void {
  const merged = { sha, by: 'merger' };
  const { number } = rest.addPull({ repository, user: 'author', head: { ref: 'topic', sha }, base: { ref: 'main', sha: base }, merged });
  rest.addReview({ repository, pull: number, user: 'reviewer', state: 'APPROVED', commit: sha });
  rest.addCheck({ repository, sha, name: 'build', conclusion: 'success' });
}

function namesOf(by: string): readonly string[] {
  return Array.from({ length: TARGETS }, (_, index) => `confirmed-${by}-${index}`);
}

async function openWay(names: readonly string[], commit: Way['commit'], headgate: Headgate): Promise<Way> {
  await headgate.synced();
  return { headgate, names, commit, samples: [] };
}

async function takeTurns(ways: readonly Way[], sender: Sender, pushes: number): Promise<void> {
  const warmUp = 2 * TARGETS; // the first push to each target has nothing to be compared with
  for (let turn = 0; turn < warmUp + pushes; turn++) {
    for (const way of ways) {
      const took = await pushAndWait(way, sender, turn);
      if (turn >= warmUp) way.samples.push(took);
    }
  }
}

/** @returns milliseconds from the receipt to the decision */
async function pushAndWait({ headgate, names, commit }: Way, sender: Sender, turn: number): Promise<number> {
  const name = names[turn % names.length] ?? '';
  const { before, after } = await commit(name, turn);
  await sender.send(headgate.hook, pushBody(pushTo(`org/${name}`, after, before ?? undefined))).answered;
  const { delivery, decisions, change } = await storyOf(headgate, after);
  const [decision] = decisions;
  if (decision === undefined) throw new Error(`nothing was decided about ${after}: ${change.id}`);
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  return Date.parse(decision.at) - Date.parse(delivery.receivedAt);
}

async function storyOf(headgate: Headgate, revision: string): Promise<Wire<Story>> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const { items } = await headgate.read<Page<Wire<Change>>>(`/v1/changes?revision=${revision}`);
    if (items[0] !== undefined) return headgate.read(`/v1/changes/${items[0].id}`);
    if (performance.now() > deadline) throw new Error(`no change of ${revision} after 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
