import { configMap, configMapPath, kustomizationPath } from '../test/conformance/cluster/flux-objects.ts';
import type { KubeObject } from '../test/conformance/cluster/kube-client.ts';
import type { HostedRepository } from '../test/e2e/cluster/git-http.ts';
import type { BenchTarget } from './targets.ts';
import { NAMESPACE, type World } from './world.ts';

/** A target with a real repository behind it, which the real controllers apply. */
export interface Flow {
  readonly target: BenchTarget;
  /** A new version of the one ConfigMap. */
  commit(): Promise<FlowCommit>;
  close(): void;
}

export interface FlowCommit {
  readonly revision: string;
  /** When a watch saw the ConfigMap carry it, and the Kustomization name it as applied, milliseconds of performance.now(). */
  readonly applied: Promise<{ readonly changedAt: number; readonly appliedAt: number }>;
}

/** Creates the target and resolves when its first commit is applied. */
export async function openFlow(world: World, name: string): Promise<Flow> {
  const repository = await world.git.repository(`org/${name}`);
  const first = await commitVersion(repository, 'first');
  const [target] = await world.targets([name]);
  if (target === undefined) throw new Error('the target was not created');
  await untilApplied(world, name, first);
  const configMaps = await follow(world, configMapPath(NAMESPACE, name));
  const kustomizations = await follow(world, kustomizationPath(NAMESPACE, name));
  const commit = async (): Promise<FlowCommit> => {
    const version = crypto.randomUUID();
    const revision = await commitVersion(repository, version);
    const changed = configMaps.seen((object) => object.data?.['version'] === version);
    const applied = kustomizations.seen((object) => object.status?.lastAppliedRevision === nameOf(revision));
    return { revision, applied: Promise.all([changed, applied]).then(([changedAt, appliedAt]) => ({ changedAt, appliedAt })) };
  };
  return { target, commit, close: () => [configMaps, kustomizations].forEach((each) => each.close()) };
}

async function untilApplied(world: World, name: string, revision: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const object = (await world.cluster.admin.get(kustomizationPath(NAMESPACE, name))).object();
    if (object.status?.lastAppliedRevision === nameOf(revision)) return;
    if (performance.now() > deadline) throw new Error(`${name} is not applied after 30 s: ${JSON.stringify(object.status)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function nameOf(revision: string): string {
  return `main@sha1:${revision}`;
}

function commitVersion(repository: HostedRepository, version: string): Promise<string> {
  const name = repository.name.split('/').at(-1) ?? '';
  return repository.commit({ 'deploy/config.yaml': configMap(name, { version }) });
}

interface Follower {
  /** When a watch saw the object like that. Rejects after a minute. */
  seen(fits: (object: KubeObject) => boolean): Promise<number>;
  close(): void;
}

/** Looks at one object by a watch of its own. */
async function follow(world: World, path: string): Promise<Follower> {
  const cut = path.lastIndexOf('/');
  const name = path.slice(cut + 1);
  const waiting = new Set<(object: KubeObject, at: number) => void>();
  const watch = await world.cluster.admin.watch(`${path.slice(0, cut)}?fieldSelector=metadata.name%3D${name}`, ({ object }) => {
    const at = performance.now();
    for (const look of [...waiting]) look(object as KubeObject, at);
    return false;
  });
  return { seen: (fits) => firstSeen(waiting, fits, path), close: () => watch.close() };
}

function firstSeen(
  waiting: Set<(object: KubeObject, at: number) => void>,
  fits: (object: KubeObject) => boolean,
  path: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${path} is not as awaited after a minute`)), 60_000);
    const look = (object: KubeObject, at: number): void => {
      if (!fits(object)) return;
      clearTimeout(timer);
      waiting.delete(look);
      resolve(at);
    };
    waiting.add(look);
  });
}
