import { mkdtempSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startComponent, untilReady, type Component } from '../cluster/component.ts';
import { freePorts } from '../cluster/free-ports.ts';
import { say } from '../cluster/say.ts';
import { HeadgateApi } from './api.ts';

const launcher = join(import.meta.dirname, '..', '..', '..', 'bin', 'headgate');

export interface HeadgateOptions {
  readonly clusters: readonly { readonly name: string; readonly kubeconfig: string; readonly access?: object }[];
  /** Base URL of the source `hub`: repositories are below it. */
  readonly sourceUrl: string;
  /** More fields of the source `hub`: how it is read back, how often it is swept. */
  readonly source?: object;
  /** More fields of the config's spec. */
  readonly spec?: object;
  /** More files for the config to name: name → content. */
  readonly files?: Readonly<Record<string, string>>;
  /** Default: everything on branches of `hub` may go everywhere, unconfirmed. */
  readonly policies?: readonly object[];
  readonly env?: Readonly<Record<string, string>>;
  /** Command and arguments to put before `headgate serve`; it must end by exec, so that the process stays the same. */
  readonly wrap?: (directory: string) => readonly string[];
  /** Whether `wrap` gives the process a file system of its own, through which its files must be read. */
  readonly ownMounts?: boolean;
}

/** A real `headgate serve`, in a directory of its own, that survives being killed and started again. */
export interface Headgate {
  readonly directory: string;
  readonly log: string;
  /** Shared with the forge: the webhook's secret. */
  readonly secret: string;
  /** `http://127.0.0.1:<port>/hooks/hub` */
  readonly hook: string;
  readonly webhookPort: number;
  /** Base URL of the API and the pages. */
  readonly web: string;
  /** Base URL of `/healthz` and `/readyz`. */
  readonly health: string;
  readonly metrics: string;
  readonly api: HeadgateApi;
  readonly pid: number;
  readonly alive: boolean;
  /** Starts it again; resolves when `/readyz` answers 200. */
  start(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with its exit code. */
  terminate(): Promise<number | NodeJS.Signals>;
  /** Ends it and removes its directory. @param keep leaves the directory and says where */
  stop(keep?: boolean): Promise<void>;
}

const anythingFromBranches = policy('anything', [{ clusters: ['*'], namespaces: ['*'] }]);

/** A GatePolicy that accepts pushes to branches of `hub` for the targets given, unconfirmed ones unless it says otherwise. */
export function policy(name: string, targets: readonly object[], refs: readonly string[] = ['refs/heads/**'], confirmed = false): object {
  return {
    apiVersion: 'headgate.dev/v1alpha1',
    kind: 'GatePolicy',
    metadata: { name },
    spec: { targets, changes: [{ source: 'hub', repositories: ['**'], refs, confirmed }] },
  };
}

export async function startHeadgate(options: HeadgateOptions): Promise<Headgate> {
  const directory = mkdtempSync(join(tmpdir(), 'headgate-e2e-'));
  const ports = await freePorts('webhook', 'web', 'metrics', 'health');
  const secret = 'a secret of the end-to-end tests';
  writeFiles(directory, options, ports, secret);
  const log = join(directory, 'headgate.log');
  const health = `http://127.0.0.1:${ports.health}`;
  let component = await launch(directory, log, options);
  const ready = (): Promise<void> => untilReady(component, () => probe(`${health}/readyz`), 180_000);
  await ready();
  const tokenFile = (): string => {
    const root = options.ownMounts === true ? `/proc/${component.pid}/root` : '';
    return `${root}${join(directory, 'data', 'operator.token')}`;
  };
  return {
    directory,
    log,
    secret,
    hook: `http://127.0.0.1:${ports.webhook}/hooks/hub`,
    webhookPort: ports.webhook,
    web: `http://127.0.0.1:${ports.web}`,
    health,
    metrics: `http://127.0.0.1:${ports.metrics}/metrics`,
    api: new HeadgateApi(`http://127.0.0.1:${ports.web}`, () => readFileSync(tokenFile(), 'utf8').trim()),
    get pid() {
      return component.pid;
    },
    get alive() {
      return component.alive();
    },
    async start() {
      component = await launch(directory, log, options);
      await ready();
    },
    async kill() {
      component.signal('SIGKILL');
      await component.exited;
    },
    async terminate() {
      component.signal('SIGTERM');
      return component.exited;
    },
    async stop(keep = false) {
      await component.stop(20_000);
      if (keep) say(`► the files of this Headgate are in ${directory}`);
      else await rm(directory, { recursive: true, force: true });
    },
  };
}

function launch(directory: string, log: string, options: HeadgateOptions): Promise<Component> {
  const serve = [launcher, 'serve', '--config', join(directory, 'headgate.yaml')];
  const [command = launcher, ...args] = options.wrap === undefined ? serve : options.wrap(directory).concat(serve);
  return startComponent({ name: 'headgate serve', command, args, log, cwd: directory, ...(options.env ? { env: options.env } : {}) });
}

function writeFiles(directory: string, options: HeadgateOptions, ports: Readonly<Record<string, number>>, secret: string): void {
  mkdirSync(join(directory, 'policies'));
  mkdirSync(join(directory, 'data'));
  writeFileSync(join(directory, 'secret'), secret, { mode: 0o600 });
  for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(directory, name), text, { mode: 0o600 });
  for (const [index, document] of (options.policies ?? [anythingFromBranches]).entries()) {
    writeFileSync(join(directory, 'policies', `${index}.yaml`), stringify(document));
  }
  const config = {
    apiVersion: 'headgate.dev/v1alpha1',
    kind: 'Config',
    spec: {
      listen: Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, `127.0.0.1:${port}`])),
      journal: { sqlite: { path: './data/headgate.db' } },
      clusters: options.clusters.map(({ kubeconfig, ...cluster }) => ({ ...cluster, kubeconfig: { path: kubeconfig } })),
      sources: [{ name: 'hub', type: 'github', url: options.sourceUrl, webhook: { secrets: [{ file: './secret' }] }, ...options.source }],
      policies: { path: './policies' },
      log: { level: 'debug' },
      ...options.spec,
    },
  };
  writeFileSync(join(directory, 'headgate.yaml'), stringify(config));
}

async function probe(url: string): Promise<void> {
  const answer = await fetch(url);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${text}`);
}
