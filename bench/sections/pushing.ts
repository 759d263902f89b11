import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeCluster, type FakeCluster } from '#sandbox/fake-cluster.ts';
import { requireTools } from '../../test/e2e/cluster/tools.ts';
import { startHeadgate, type Headgate } from '../../test/e2e/headgate/serve.ts';
import { hookFile } from '../../test/e2e/mercurial/hook-host.ts';
import { startHgServe, type HgWebServer } from '../../test/e2e/mercurial/hgweb.ts';
import { installMercurials } from '../../test/e2e/mercurial/install.ts';
import { startRegistry, type Registry } from '../../test/e2e/mercurial/registry.ts';
import { cloneHgRepository, createLargeHgRepository, type HgRepository } from '../../test/e2e/mercurial/repository.ts';
import type { Figure, Section } from '../figures.ts';
import type { Pace } from '../pace.ts';

/** Rounds before those that count as usual: in the first the clone and command servers are made, and the whole is packed. */
const WARM_UP = 2;
const NAMESPACE = 'pay';

interface Round {
  /** From the end of `hg push` to the moved tag, and from its start; milliseconds. */
  readonly afterPush: number;
  readonly whole: number;
}

interface Measured {
  /** The first after the start of the server. */
  readonly first: Round;
  readonly rounds: readonly Round[];
  /** The most that the server's process ever had, and what it had before the first push; bytes. */
  readonly memory: number;
  readonly memoryBefore: number;
}

/** `hg push` with the hook → tag moved in a real registry, decided by a real server in between. */
export async function measurePushing(pace: Pace): Promise<Section> {
  requireTools(['docker-registry', 'setpriv']);
  const { system } = await installMercurials();
  const count = pace.latencyRounds > 1 ? 15 : 4;
  const host = await startHgServe(system);
  const registry = await startRegistry();
  try {
    await createLargeHgRepository(host.account, join(host.root, 'infra'));
    const whole = await measure({ host, registry, path: 'apps', count });
    const part = await measure({ host, registry, path: 'apps/hundred', count });
    return {
      title: 'Push of Mercurial → tag moved in the registry',
      method: [
        `${count} pushes of one changeset each, by HTTP to \`hg serve\` of hg ${system.version} with the hook; 5,100 files, of which all or one directory of 100 is published`,
        'a process of `headgate serve` reads back by clones; docker-registry, hg and a simulated cluster are on the same machine, and share its cores',
        `first: the first push after the start, which clones and packs all files; usual: after ${WARM_UP} pushes, when what was packed last is known`,
        'the tag is asked for every 10 ms, so that a figure is up to 10 ms too high',
      ],
      figures: [...figures('5,100 files', whole, 2_000), ...figures('100 files', part, 300)],
    };
  } finally {
    await registry.close();
    await host.close();
  }
}

function figures(name: string, { first, rounds, memory, memoryBefore }: Measured, atMost: number): readonly Figure[] {
  return [
    { name: `${name}: push ended → tag moved, first`, unit: 'ms', samples: [first.afterPush], note: 'with cloning' },
    { name: `${name}: push ended → tag moved, usual`, unit: 'ms', samples: rounds.map(({ afterPush }) => afterPush), goal: { atMost } },
    { name: `${name}: push begun → tag moved, usual`, unit: 'ms', samples: rounds.map(({ whole }) => whole), note: 'with what hg takes' },
    {
      name: `${name}: memory that pushes added`,
      ...{ unit: 'MB', samples: [(memory - memoryBefore) / 1e6], goal: { atMost: 150 } },
      note: `beyond the ${Math.round(memoryBefore / 1e6)} MB of the server before the first one`,
    },
  ];
}

interface Case {
  readonly host: HgWebServer;
  readonly registry: Registry;
  readonly path: string;
  readonly count: number;
}

async function measure({ host, registry, path, count }: Case): Promise<Measured> {
  const tag = path.replaceAll('/', '-');
  const cluster = await startFakeCluster({ clock: systemClock, log: silentLog });
  const kubeconfig = join(host.account.home, `kubeconfig-${tag}`);
  await writeFile(kubeconfig, cluster.kubeconfig(), { mode: 0o600 });
  const headgate = await serve({ host, registry, path, kubeconfig, tag });
  try {
    follow(cluster, registry, tag);
    await writeFile(join(host.root, 'infra', '.hg', 'hgrc'), hookLines(host, headgate));
    const clone = await cloneHgRepository(host.account, `${host.url}/infra`, join(host.account.home, `work-${tag}`));
    const memoryBefore = await mostOf(headgate.pid);
    const rounds: Round[] = [];
    for (let n = 0; n < WARM_UP + count; n++) rounds.push(await round(clone, `${tag} ${n}`, () => digestAt(registry, tag)));
    const [first] = rounds;
    if (!first) throw new Error('there was no push');
    return { first, rounds: rounds.slice(WARM_UP), memory: await mostOf(headgate.pid), memoryBefore };
  } finally {
    await headgate.stop();
    await cluster.stop();
  }
}

function serve({ host, registry, path, kubeconfig, tag }: Omit<Case, 'count'> & { readonly kubeconfig: string; readonly tag: string }) {
  return startHeadgate({
    clusters: [{ name: 'sandbox', kubeconfig }],
    sourceUrl: host.url,
    source: {
      type: 'hg',
      clone: {},
      registries: [{ host: registry.host, plainHttp: true }],
      publish: [{ repository: 'infra', ref: 'branch:default', path, oci: `oci://${registry.host}/infra:${tag}` }],
    },
    policies: [
      {
        apiVersion: 'headgate.dev/v1alpha1',
        kind: 'GatePolicy',
        metadata: { name: 'bench' },
        spec: {
          targets: [{ clusters: ['*'], namespaces: [NAMESPACE] }],
          changes: [{ source: 'hub', repositories: ['infra'], refs: ['branch:default'] }],
        },
      },
    ],
    spec: { log: { level: 'info' } },
  });
}

function follow(cluster: FakeCluster, registry: Registry, tag: string): void {
  cluster.apply({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { namespace: NAMESPACE, name: tag },
    spec: { url: `oci://${registry.host}/infra`, ref: { tag }, interval: '1h', insecure: true },
  });
}

/** One file changes in the directory that either publishes. */
async function round(clone: HgRepository, text: string, digest: () => Promise<string | null>): Promise<Round> {
  const before = await digest();
  await clone.commit({ 'apps/hundred/f0.yaml': `# ${text}\n` });
  const begun = performance.now();
  await clone.hg('push', '--quiet');
  const pushed = performance.now();
  const until = pushed + 60_000;
  while ((await digest()) === before) {
    if (performance.now() > until) throw new Error(`${text}: the tag has not moved within a minute`);
    await pause(10);
  }
  const moved = performance.now();
  return { afterPush: moved - pushed, whole: moved - begun };
}

async function digestAt({ url }: Registry, tag: string): Promise<string | null> {
  const accept = 'application/vnd.oci.image.manifest.v1+json';
  const answer = await fetch(`${url}/v2/infra/manifests/${tag}`, { method: 'HEAD', headers: { accept } });
  return answer.status === 404 ? null : answer.headers.get('docker-content-digest');
}

function hookLines({ url, root }: HgWebServer, { hook, directory }: Headgate): string {
  const settings = { url: hook, 'secret-file': join(directory, 'secret'), base: url, root, spool: join(directory, 'spool') };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  return ['[hooks]', `txnclose.headgate = python:${hookFile}:txnclose`, '[headgate]', ...lines, ''].join('\n');
}

/** proc(5), VmHWM. */
async function mostOf(pid: number): Promise<number> {
  const kilobytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return kilobytes * 1024;
}
