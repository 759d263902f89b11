import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '#core/clock.ts';
import { silentLog } from '#core/ports/telemetry.ts';
import { startFakeCluster, type FakeCluster } from '#sandbox/fake-cluster.ts';
import { FakeRegistry } from '#sandbox/oci/fake-registry.ts';
import { eventually } from '../../conformance/cluster/eventually.ts';
import { kustomization } from '../../conformance/cluster/flux-objects.ts';
import { startHeadgate, type Headgate } from '../headgate/serve.ts';
import { hookFile } from './hook-host.ts';
import { startHgServe, type HgWebServer } from './hgweb.ts';
import type { Mercurial } from './install.ts';
import { cloneHgRepository, createHgRepository, type HgRepository } from './repository.ts';

/** The namespace of everything that follows. */
export const NAMESPACE = 'pay';

export interface HgStageOptions {
  readonly mercurial: Mercurial;
  /** How it is read back: by `hg serve` itself, or by clones with the same Mercurial. */
  readonly by: 'web' | 'clone';
  /** Default `hg`, which the hook tells of pushes; what the others send is for the test to send. */
  readonly type?: 'hg' | 'heptapod' | 'rhodecode';
  /** Of the repository `infra`, below `apps/pay`: tag in the registry → typed ref. Default: `default` → `branch:default`. */
  readonly publish?: Readonly<Record<string, string>>;
  /** Fields of the GatePolicy beside its targets; default: whatever `publish` names may go there. */
  readonly policy?: object;
  /** More policy documents. */
  readonly documents?: readonly object[];
  /** Between two sweeps; default an hour: pushes are found by what is told of them. */
  readonly sweep?: string;
  /** Lines of the hgrc of whoever pushes. */
  readonly rc?: string;
}

/**
 * A real `headgate serve` beside a real `hg serve`, whose repository `infra` has the hook and is published to a simulated registry; what is at its tags is
 * followed in a simulated cluster.
 */
export interface HgStage {
  readonly cluster: FakeCluster;
  readonly registry: FakeRegistry;
  readonly host: HgWebServer;
  readonly headgate: Headgate;
  /** Where the repository lies that is served. */
  readonly served: string;
  /** A clone of it that is pushed from. */
  readonly infra: HgRepository;
  /** Another one. */
  clone(name: string): Promise<HgRepository>;
  /** `default@sha1:<node>` of what a tag is at; null for nothing. */
  published(tag?: string): string | null;
  /** What the follower of a tag says that it has applied; undefined for nothing. */
  applied(tag?: string): unknown;
  /** Resolves when every delivery is settled and every reconcile has ended. */
  quiet(): Promise<void>;
  /** The most memory that the server has had at once, bytes (proc(5), VmHWM). */
  peakMemory(): Promise<number>;
  /** @param keep leaves the server's directory and says where */
  close(keep?: boolean): Promise<void>;
}

export async function openHgStage(options: HgStageOptions): Promise<HgStage> {
  const { mercurial, publish = { default: 'branch:default' } } = options;
  await using starting = new AsyncDisposableStack();
  const cluster = await startFakeCluster({ clock: systemClock, log: silentLog, flux: { fetchesOci: true } });
  starting.defer(() => cluster.stop());
  const registry = await new FakeRegistry().start();
  starting.defer(() => registry.stop());
  const host = await startHgServe(mercurial, options.rc === undefined ? {} : { rc: options.rc });
  starting.defer(() => host.close());
  const { path: served } = await createHgRepository(host.account, join(host.root, 'infra'));
  const clone = (name: string): Promise<HgRepository> =>
    cloneHgRepository(host.account, `${host.url}/infra`, join(host.account.home, name));
  // Before anybody else asks: where the first requests come together, hgweb may answer one of them with 500 while it still loads its modules.
  const infra = await clone('work');
  for (const object of Object.keys(publish).flatMap((tag) => followers(registry, tag))) cluster.apply(object);
  const headgate = await startHeadgate({
    clusters: [{ name: 'prod', kubeconfig: './kubeconfig' }],
    files: { kubeconfig: cluster.kubeconfig() },
    sourceUrl: host.url,
    source: sourceOf(options, publish, registry),
    policies: [
      gatePolicy(options.policy ?? { changes: [{ source: 'hub', repositories: ['infra'], refs: Object.values(publish) }] }),
    ].concat(options.documents ?? []),
  });
  let keepFiles = false;
  starting.defer(() => headgate.stop(keepFiles));
  if ((options.type ?? 'hg') === 'hg') await writeFile(join(served, '.hg', 'hgrc'), hookLines(host, headgate));
  const running = starting.move();
  return {
    cluster,
    registry,
    host,
    headgate,
    served,
    infra,
    clone,
    published: (tag = 'default') => revisionAt(registry, tag),
    applied: (tag = 'default') => originOf(cluster.get('Kustomization', NAMESPACE, tag)),
    quiet: () => untilQuiet(headgate),
    peakMemory: () => peakMemoryOf(headgate.pid),
    close: (keep = false) => {
      keepFiles = keep;
      return running.disposeAsync();
    },
  };
}

function sourceOf(options: HgStageOptions, publish: Readonly<Record<string, string>>, { host }: FakeRegistry): object {
  const { by, mercurial, type = 'hg', sweep = '1h' } = options;
  return {
    type,
    ...(by === 'web' ? { web: {} } : { clone: { hg: mercurial.hg } }),
    registries: [{ host, plainHttp: true }],
    publish: Object.entries(publish).map(([tag, ref]) => ({
      repository: 'infra',
      ref,
      path: 'apps/pay',
      oci: `oci://${host}/infra-pay:${tag}`,
    })),
    sweep: { interval: sweep },
  };
}

function gatePolicy(spec: object): object {
  return {
    apiVersion: 'headgate.dev/v1alpha1',
    kind: 'GatePolicy',
    metadata: { name: 'pay' },
    spec: { targets: [{ clusters: ['*'], namespaces: [NAMESPACE] }], ...spec },
  };
}

function followers({ host }: FakeRegistry, tag: string): readonly object[] {
  const source = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { namespace: NAMESPACE, name: tag },
    spec: { url: `oci://${host}/infra-pay`, ref: { tag }, interval: '1h', insecure: true },
  };
  return [source, kustomization(NAMESPACE, tag, tag, { path: './', sourceRef: { kind: 'OCIRepository', name: tag } })];
}

/** Of one repository on the server: whoever installs the hook for all writes the same into its own configuration. */
export function hookLines({ url, root }: HgWebServer, { hook, directory }: Headgate): string {
  return [
    '[hooks]',
    `txnclose.headgate = python:${hookFile}:txnclose`,
    '[headgate]',
    `url = ${hook}`,
    `secret-file = ${join(directory, 'secret')}`,
    `base = ${url}`,
    `root = ${root}`,
    `spool = ${join(directory, 'spool')}`,
    'timeout = 20',
    '',
  ].join('\n');
}

function revisionAt(registry: FakeRegistry, tag: string): string | null {
  const manifest = registry.repository('infra-pay').manifest(tag);
  if (manifest === undefined) return null;
  const { annotations } = JSON.parse(manifest.bytes.toString('utf8')) as { readonly annotations: Readonly<Record<string, string>> };
  return annotations['org.opencontainers.image.revision'] ?? null;
}

function originOf(consumer: object | undefined): unknown {
  const { status } = (consumer ?? {}) as { readonly status?: Readonly<Record<string, unknown>> };
  return status?.['lastAppliedOriginRevision'];
}

async function untilQuiet({ api }: Headgate): Promise<void> {
  await eventually(async () => {
    const pending = await api.deliveries({ state: 'pending' });
    const under = (await api.reconciles()).filter(({ state }) => state !== 'ended');
    assert.deepEqual([pending.map(({ id }) => id), under.map(({ id, steps }) => `${id} ${steps.at(-1)?.name}`)], [[], []]);
  }, 120_000);
}

async function peakMemoryOf(pid: number): Promise<number> {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? assert.fail('no VmHWM');
  return Number(kilobytes) * 1024;
}
