import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { stringify } from 'yaml';
import { startComponent, untilReady, type Component } from '../test/e2e/cluster/component.ts';
import { freePorts } from '../test/e2e/cluster/free-ports.ts';
import type { RealCluster } from '../test/e2e/cluster/up.ts';
import { scrape, type Scrape } from './scrape.ts';

/** What a source with `api` has in its file `./token`. */
export const FORGE_TOKEN = 'a-token-of-the-bench';

const launcher = join(import.meta.dirname, '..', 'bin', 'headgate');

export interface HeadgateOptions {
  /** Where its config, its journal and its log go; a fresh one is a fresh journal. */
  readonly directory: string;
  readonly cluster: RealCluster;
  /** `spec.sources[].url`. */
  readonly forge: string;
  /** More fields of the source, which may name the file `./token`. Default: it confirms nothing. */
  readonly source?: object;
  readonly secret: string;
  readonly namespace: string;
  /** The only core that it may run on. Absent = all. */
  readonly core?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A `headgate serve` of its own, ready. */
export interface Headgate {
  /** Webhook URL of the source `hub`. */
  readonly hook: string;
  readonly pid: number;
  /** From spawning the launcher to /readyz answering 200, milliseconds. */
  readonly readyAfter: number;
  /** Resident memory, bytes. */
  resident(): number;
  metrics(): Promise<Scrape>;
  /** An answer of the API, as the operator reads it. @param path `/v1/changes/chg_…` */
  read<T>(path: string): Promise<T>;
  /** The items of a list of the API, as the operator reads it. @param path `/v1/reconciles?limit=1` */
  items(path: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Resolves when it knows everything that the cluster contains. */
  synced(): Promise<void>;
  /** SIGTERM; resolves when it has ended. @throws when it does not end well */
  stop(): Promise<void>;
  /** Ends it however it is. */
  end(): Promise<void>;
  /** Deliveries in the journal by state, read from its file. Call after stop. */
  journalled(): Readonly<Record<string, number>>;
}

export async function startHeadgate(options: HeadgateOptions): Promise<Headgate> {
  const ports = await freePorts('webhook', 'web', 'metrics', 'health');
  const config = writeConfig(options, ports);
  const pinned = options.core === undefined ? [] : ['taskset', '-c', String(options.core)];
  const [command = launcher, ...args] = [...pinned, launcher, 'serve', '--config', config];
  const begun = performance.now();
  const log = join(options.directory, 'headgate.log');
  const component = await startComponent({ name: 'headgate', command, args, log, env: { ...options.env } });
  await untilReady(component, () => probe(`http://127.0.0.1:${ports.health}/readyz`));
  return running(options, component, ports, performance.now() - begun);
}

function running(
  options: HeadgateOptions,
  component: Component,
  ports: Readonly<Record<'webhook' | 'web' | 'metrics', number>>,
  readyAfter: number,
): Headgate {
  const read = <T>(path: string): Promise<T> => readJson(`http://127.0.0.1:${ports.web}${path}`, join(options.directory, 'operator.token'));
  const metrics = (): Promise<Scrape> => scrape(`http://127.0.0.1:${ports.metrics}/metrics`);
  return {
    hook: `http://127.0.0.1:${ports.webhook}/hooks/hub`,
    pid: component.pid,
    readyAfter,
    resident: () => residentOf(component.pid),
    metrics,
    read,
    items: async (path) => (await read<{ readonly items: readonly Readonly<Record<string, unknown>>[] }>(path)).items,
    synced: () =>
      untilReady(component, async () => {
        if ((await metrics()).sum('headgate_cluster_synced') !== 1) throw new Error('the cluster is not synced');
      }),
    async stop() {
      await component.stop(30_000);
      const end = await component.exited;
      if (end !== 0) throw new Error(`headgate ended with ${end}; its log is ${component.log}`);
    },
    end: () => component.stop(),
    journalled: () => countRows(join(options.directory, 'journal.db')),
  };
}

function writeConfig(options: HeadgateOptions, ports: Readonly<Record<'webhook' | 'web' | 'metrics' | 'health', number>>): string {
  const { directory, cluster } = options;
  mkdirSync(join(directory, 'policies'), { recursive: true });
  writeFileSync(join(directory, 'secret'), options.secret, { mode: 0o600 });
  writeFileSync(join(directory, 'token'), FORGE_TOKEN, { mode: 0o600 });
  writeFileSync(join(directory, 'policies', 'bench.yaml'), stringify(policy(cluster.name, options.namespace)));
  // What one source may send is measured apart (flooding): here it is what the machine can take.
  const webhook = { secrets: [{ file: join(directory, 'secret') }], rate: { perSecond: 100_000, burst: 1_000_000 } };
  const spec = {
    listen: Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, `127.0.0.1:${port}`])),
    journal: { sqlite: { path: join(directory, 'journal.db') } },
    clusters: [{ name: cluster.name, kubeconfig: { path: cluster.kubeconfigs.headgate, context: cluster.name } }],
    sources: [{ name: 'hub', type: 'github', url: options.forge, webhook, ...options.source }],
    policies: { path: join(directory, 'policies') },
  };
  const file = join(directory, 'headgate.yaml');
  writeFileSync(file, stringify({ apiVersion: 'headgate.dev/v1alpha1', kind: 'Config', spec }));
  return file;
}

function policy(cluster: string, namespace: string): object {
  return {
    apiVersion: 'headgate.dev/v1alpha1',
    kind: 'GatePolicy',
    metadata: { name: 'bench' },
    spec: {
      targets: [{ clusters: [cluster], namespaces: [namespace] }],
      changes: [{ source: 'hub', repositories: ['org/*'], refs: ['refs/heads/main'], confirmed: false }],
    },
  };
}

async function probe(url: string): Promise<void> {
  const answer = await fetch(url);
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
}

async function readJson<T>(url: string, tokenFile: string): Promise<T> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` } });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** By a connection of its own, with nothing of Headgate's code. @throws when the file is damaged */
function countRows(file: string): Readonly<Record<string, number>> {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const check = database.prepare('PRAGMA quick_check').get();
    if (check?.['quick_check'] !== 'ok') throw new Error(`${file} is damaged: ${JSON.stringify(check)}`);
    const rows = database.prepare('SELECT state, count(*) AS rows FROM delivery GROUP BY state').all();
    return Object.fromEntries(rows.map((row) => [String(row['state']), Number(row['rows'])]));
  } finally {
    database.close();
  }
}

/** proc(5): VmRSS of the process and of everything that it has started. */
function residentOf(pid: number): number {
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  const tasks = readdirSync(`/proc/${pid}/task`);
  const children = tasks.flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean));
  return kilobytes * 1024 + children.reduce((sum, child) => sum + residentOf(Number(child)), 0);
}
