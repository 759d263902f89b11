import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startComponent, untilReady, type Component } from './component.ts';
import { freePorts } from './free-ports.ts';

export type ControllerName = 'source' | 'kustomize' | 'notification' | 'helm';

export interface ControllersOptions {
  readonly bin: string;
  readonly directory: string;
  readonly kubeconfig: string;
  readonly names: readonly ControllerName[];
  /** kustomize-controller's feature gate CancelHealthCheckOnNewRevision. */
  readonly cancelHealthChecks: boolean;
}

export interface Controllers {
  readonly components: ReadonlyMap<ControllerName, Component>;
  /** Where source-controller keeps artifacts. */
  readonly storage: string;
  /** Where notification-controller takes events, without a slash at its end; undefined when it was not started. */
  readonly eventsUrl: string | undefined;
  /** Base URL of notification-controller's Receivers, undefined when it was not started. */
  readonly receiverUrl: string | undefined;
}

/** Starts Flux's controllers and resolves when all are ready. Their definitions must be served already, or they exit. */
export async function startControllers(options: ControllersOptions): Promise<Controllers> {
  const ports = await freePorts('storage', 'events', 'receiver');
  const storage = join(options.directory, 'storage');
  for (const directory of [storage, join(options.directory, 'tmp')]) mkdirSync(directory, { recursive: true });
  const own: Readonly<Record<ControllerName, readonly string[]>> = {
    source: [`--storage-path=${storage}`, `--storage-addr=127.0.0.1:${ports.storage}`, `--storage-adv-addr=127.0.0.1:${ports.storage}`],
    kustomize: [`--feature-gates=ExternalArtifact=true,CancelHealthCheckOnNewRevision=${options.cancelHealthChecks}`],
    notification: [`--events-addr=127.0.0.1:${ports.events}`, `--receiverAddr=127.0.0.1:${ports.receiver}`],
    helm: [],
  };
  const notified = options.names.includes('notification');
  const events = notified ? [`--events-addr=http://127.0.0.1:${ports.events}/`] : [];
  const started = options.names.map(async (name) => {
    const args = [...own[name], ...(name === 'notification' ? [] : events)];
    return [name, await startController(options, name, args)] as const;
  });
  return {
    components: new Map(await Promise.all(started)),
    storage,
    eventsUrl: notified ? `http://127.0.0.1:${ports.events}` : undefined,
    receiverUrl: notified ? `http://127.0.0.1:${ports.receiver}` : undefined,
  };
}

async function startController(options: ControllersOptions, name: ControllerName, own: readonly string[]): Promise<Component> {
  const ports = await freePorts('metrics', 'health');
  const component = await startComponent({
    name: `${name}-controller`,
    command: join(options.bin, `${name}-controller`),
    log: join(options.directory, `${name}-controller.log`),
    env: { KUBECONFIG: options.kubeconfig, RUNTIME_NAMESPACE: 'flux-system', TMPDIR: join(options.directory, 'tmp') },
    args: [
      '--watch-all-namespaces=true',
      '--enable-leader-election=false',
      '--log-encoding=json',
      '--max-retry-delay=5s', // after an outage Flux is back soon; its own default is 15 min
      `--metrics-addr=127.0.0.1:${ports.metrics}`,
      `--health-addr=127.0.0.1:${ports.health}`,
      ...own,
    ],
  });
  await untilReady(component, () => probe(`http://127.0.0.1:${ports.health}/readyz`));
  return component;
}

async function probe(url: string): Promise<void> {
  const answer = await fetch(url);
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
}
