import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGitServer, type GitServer } from '../test/e2e/cluster/git-http.ts';
import { startCluster, type RealCluster } from '../test/e2e/cluster/up.ts';
import { startHeadgate, type Headgate, type HeadgateOptions } from './headgate.ts';
import type { Pace } from './pace.ts';
import { createObjects, createTargets, type BenchTarget, type TargetsOptions } from './targets.ts';

/** What every measurement on a cluster runs in. */
export interface World {
  readonly cluster: RealCluster;
  readonly git: GitServer;
  readonly pace: Pace;
  /** Of Receivers and of Headgate's source alike. */
  readonly secret: string;
  /** A new directory on the disk that everything is measured on. */
  directory(purpose: string): string;
  /** @param options its forge is `git` unless another one is given */
  readonly headgate: (options: Partial<Pick<HeadgateOptions, 'core' | 'env' | 'forge' | 'source'>>) => Promise<Headgate>;
  /** Creates targets in the namespace of all. */
  targets(names: readonly string[]): Promise<readonly BenchTarget[]>;
  /**
   * The targets of the load. From the first call on source-controller is paused: each annotation would make it fetch,
   * on the two cores that are measured, after Headgate and after the Receiver alike.
   */
  loadTargets(): Promise<readonly BenchTarget[]>;
  stop(): Promise<void>;
}

export const NAMESPACE = 'bench';
/** Under load, each with a Receiver. */
const LOAD_TARGETS = 64;
/** In the cluster while the load runs, those under load included. */
export const ALL_TARGETS = 100;

export async function createWorld(pace: Pace): Promise<World> {
  const root = mkdtempSync(join(tmpdir(), 'headgate-bench-'));
  const git = await startGitServer();
  const cluster = await startCluster({ name: 'bench', controllers: ['source', 'kustomize', 'notification'] });
  const secret = 'the-webhook-secret-of-the-bench';
  const running: Headgate[] = [];
  const directory = (purpose: string): string => mkdtempSync(join(root, `${purpose}-`));
  const described = (names: readonly string[]): TargetsOptions => ({ namespace: NAMESPACE, forge: git.url, secret, names });
  const targets = (names: readonly string[]): Promise<readonly BenchTarget[]> => createTargets(cluster, described(names));
  let load: Promise<readonly BenchTarget[]> | undefined;
  return {
    cluster,
    git,
    pace,
    secret,
    directory,
    targets,
    async headgate(options) {
      const fixed = { directory: directory('headgate'), cluster, forge: git.url, secret, namespace: NAMESPACE };
      const headgate = await startHeadgate({ ...fixed, ...options });
      running.push(headgate);
      return headgate;
    },
    loadTargets() {
      load ??= pausedTargets(cluster, described);
      return load;
    },
    async stop() {
      for (const headgate of running) await headgate.end();
      await cluster.stop();
      await git.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function pausedTargets(
  cluster: RealCluster,
  described: (names: readonly string[]) => TargetsOptions,
): Promise<readonly BenchTarget[]> {
  cluster.controllers.components.get('source')?.signal('SIGSTOP');
  const names = Array.from({ length: ALL_TARGETS }, (_, index) => `load-${index}`);
  await createObjects(cluster, described(names.slice(LOAD_TARGETS)));
  return createTargets(cluster, described(names.slice(0, LOAD_TARGETS)));
}
