import { targetKey } from '#core/target.ts';
import { watchAnnotations, type AnnotationChange } from '../annotation-watch.ts';
import { violations, type Section } from '../figures.ts';
import { openFlow, type Flow } from '../flow.ts';
import type { Headgate } from '../headgate.ts';
import { madeUpCommit, pushBody, pushTo, type Push } from '../push.ts';
import { openSender } from '../sender.ts';
import { NAMESPACE, type World } from '../world.ts';

const CONNECTIONS = 16;
/** Longer than Headgate waits between two patches of one target: after this nothing more comes. */
const QUIET_MS = 1_500;
/** Until the last reconcile has its outcome, on a machine that is busy with something else. */
const END_MS = 10_000;

/** Many pushes to one branch at once: how often is its target patched, and where does it end? */
export async function measureBurst(world: World): Promise<Section> {
  const flow = await openFlow(world, 'burst');
  const headgate = await world.headgate({});
  await headgate.synced();
  const watch = await watchAnnotations(world.cluster.admin, NAMESPACE);
  try {
    const { revision, applied } = await flow.commit();
    const pushes = chain(flow, world.pace.burst, revision);
    const begun = performance.now();
    const answered = (await sendAll(world, headgate, pushes)) - begun;
    const appliedAfter = (await applied).appliedAt - begun;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    const patches = watch.changes.filter((change) => change.name === flow.target.name);
    const wrong = (await comesToEndAt(world, headgate, flow, revision)) ? 0 : 1;
    return {
      title: `A burst of ${pushes.length} pushes to one branch`,
      method: [`over ${CONNECTIONS} connections; each push follows the one before, the last one is the head of the real repository`],
      figures: [
        { name: 'pushes answered 2xx after', unit: 'ms', samples: [answered] },
        { name: 'patches of the target', unit: '', samples: [patches.length], goal: { atLeast: 1 } },
        { name: 'patches per second', unit: '/s', samples: [ratePerSecond(begun, patches)], goal: { atMost: 2 } },
        { name: 'newest revision applied after', unit: 'ms', samples: [appliedAfter] },
        violations('ends elsewhere than at the newest revision', wrong, "of the Kustomization, and of Headgate's last reconcile"),
      ],
    };
  } finally {
    watch.close();
    flow.close();
    await headgate.stop();
  }
}

/** Pushes that follow one another; only the last one's revision exists. */
function chain({ target }: Flow, length: number, last: string): readonly Push[] {
  const commits = [...Array.from({ length }, madeUpCommit), last];
  return commits.slice(1).map((after, index) => pushTo(target.repository, after, commits[index]));
}

/** In order, as many at once as there are connections. @returns when the last was answered */
async function sendAll(world: World, headgate: Headgate, pushes: readonly Push[]): Promise<number> {
  const sender = openSender(world.secret, CONNECTIONS);
  const bodies = pushes.map(pushBody).values();
  const work = async (): Promise<void> => {
    for (const body of bodies) await sender.send(headgate.hook, body).answered;
  };
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, work));
    return performance.now();
  } finally {
    sender.close();
  }
}

/** Patches after the first, by the time from the first push to the last patch. */
function ratePerSecond(begun: number, patches: readonly AnnotationChange[]): number {
  const last = patches.at(-1);
  return last === undefined ? 0 : ((patches.length - 1) * 1_000) / (last.at - begun);
}

/** What is being observed when the pushes have been answered ends a little later. */
async function comesToEndAt(world: World, headgate: Headgate, flow: Flow, revision: string): Promise<boolean> {
  const deadline = performance.now() + END_MS;
  while (!(await endsAt(world, headgate, flow, revision))) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return true;
}

async function endsAt(world: World, headgate: Headgate, { target }: Flow, revision: string): Promise<boolean> {
  const key = targetKey({ cluster: world.cluster.name, kind: 'GitRepository', namespace: NAMESPACE, name: target.name });
  const [newest] = await headgate.items(`/v1/reconciles?limit=1&target=${encodeURIComponent(key)}`);
  const ended = newest?.['outcome'] === 'applied' || (newest?.['outcome'] === 'skipped' && newest['reason'] === 'current');
  return ended && newest['revision'] === revision;
}
