import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeCluster } from '#sandbox/fake-cluster.ts';
import { fluxKinds } from '#sandbox/cluster/kinds.ts';
import { BareRepository } from '#sandbox/git/bare-repository.ts';
import { GitRunner } from '#sandbox/git/git-runner.ts';
import { clusterConformance, type ClusterUnderTest, type GitUnderTest } from '../conformance/cluster.ts';

const AUTHOR = { name: 'conformance', email: 'conformance@example.com' };
const HEALTH_CHECK_FLOOR = 1_500;

clusterConformance('the sandbox', async (): Promise<ClusterUnderTest> => {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-cluster-'));
  const git = new GitRunner();
  const repositories = new Map<string, BareRepository>();
  const cluster = await startFakeCluster({
    clock: systemClock,
    log: silentLog,
    resolve: (url) => repositories.get(url),
    flux: { healthCheckFloor: HEALTH_CHECK_FLOOR },
    kinds: fluxKinds.map((kind) => kind.kind).filter((kind) => kind !== 'ArtifactGenerator'),
  });
  return {
    server: cluster.url,
    token: cluster.token,
    ca: undefined,
    healthCheckFloor: HEALTH_CHECK_FLOOR,
    async repository(name) {
      const url = `http://git.invalid/${name}.git`;
      const repository = await BareRepository.create(join(directory, `${name}.git`), git);
      repositories.set(url, repository);
      return { url, commit: (files, options) => commit(repository, files, options) };
    },
    apply: (object) => Promise.resolve(void cluster.apply(object)),
    loseArtifact: ({ namespace, name }) => Promise.resolve(cluster.loseArtifact('GitRepository', namespace, name)),
    serveArtifactGenerators: () => Promise.resolve(cluster.addKind('ArtifactGenerator')),
    async stop() {
      await cluster.stop();
      await rm(directory, { recursive: true });
    },
  };
});

async function commit(
  repository: BareRepository,
  files: Parameters<GitUnderTest['commit']>[0],
  options: Parameters<GitUnderTest['commit']>[1] = {},
): Promise<string> {
  const { branch = 'main', message = 'a change' } = options;
  const id = await repository.commit({ branch, message, files, author: AUTHOR, at: systemClock.now() });
  if (options.tag !== undefined) await repository.tag(options.tag, id, undefined, AUTHOR);
  return id;
}
