import type { Section } from '../figures.ts';
import { openFlow, type Flow } from '../flow.ts';
import { pushBody, pushTo } from '../push.ts';
import { openSender, type Sender } from '../sender.ts';
import { percentile } from '../statistics.ts';
import type { World } from '../world.ts';

/** Headgate leaves 500 ms between two patches of one target; a push that came sooner would wait for that. */
const PAUSE_MS = 400;

interface Times {
  readonly changed: number[];
  readonly applied: number[];
}

/** Push → applied by the real controllers, from a real git repository, Headgate and the Receiver in turn. */
export async function measureApplying(world: World): Promise<Section> {
  const flow = await openFlow(world, 'flow');
  const headgate = await world.headgate({});
  await headgate.synced();
  const sender = openSender(world.secret, 1);
  const receiver: Times = { changed: [], applied: [] };
  const ours: Times = { changed: [], applied: [] };
  try {
    await followPush(flow, sender, headgate.hook); // warms up
    for (let push = 0; push < world.pace.applied; push++) {
      add(receiver, await followPush(flow, sender, `${world.cluster.controllers.receiverUrl}${flow.target.receiverPath}`));
      add(ours, await followPush(flow, sender, headgate.hook));
    }
  } finally {
    sender.close();
    flow.close();
    await headgate.stop();
  }
  return {
    title: 'Push → applied',
    method: [
      `${world.pace.applied} commits by either way in turn: request sent → what a watch sees; real source- and kustomize-controller`,
      'the commit is in the repository before the push is sent; git answers in about 10 ms',
    ],
    figures: [
      { name: 'Receiver, ConfigMap changed', unit: 'ms', samples: receiver.changed },
      { name: 'Headgate, ConfigMap changed', unit: 'ms', samples: ours.changed },
      { name: 'Receiver, Kustomization applied', unit: 'ms', samples: receiver.applied },
      { name: 'Headgate, Kustomization applied', unit: 'ms', samples: ours.applied, goal: { below: 300 } },
      { name: 'Headgate, Kustomization applied, p95', unit: 'ms', samples: [percentile(ours.applied, 0.95)] },
    ],
  };
}

function add(times: Times, { changed, applied }: { readonly changed: number; readonly applied: number }): void {
  times.changed.push(changed);
  times.applied.push(applied);
}

async function followPush(flow: Flow, sender: Sender, url: string): Promise<{ readonly changed: number; readonly applied: number }> {
  const { revision, applied } = await flow.commit();
  const { at, answered } = sender.send(url, pushBody(pushTo(flow.target.repository, revision)));
  const [{ changedAt, appliedAt }] = await Promise.all([applied, answered]);
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  return { changed: changedAt - at, applied: appliedAt - at };
}
