import type { RequestListener } from 'node:http';
import { adapterSchemas } from '#adapters/registry.ts';
import { loadConfig } from '#config/load-config.ts';
import type { Address } from '#config/network.ts';
import { keepRunning, pause, systemClock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import { openIdentity } from '#identity/open-identity.ts';
import { connectClusters } from '#k8s/clusters.ts';
import type { PolicySet } from '#policy/documents.ts';
import { listen } from '#server/listen.ts';
import { createLog } from '#server/log.ts';
import { createMetrics } from '#server/metrics.ts';
import { loadPolicies } from '#server/open-policies.ts';
import { openSecrets } from '#server/open-secrets.ts';
import { openFlow, type Flow, type Role } from '#server/open-flow.ts';
import { openListeners, openProbes } from '#server/open-listeners.ts';
import { openParts, type HeadgateConfig, type Parts, type Surroundings } from '#server/open-parts.ts';
import type { RunningServer, ServeOptions } from '#server/running-server.ts';
import { headgateVersion } from '#server/version.ts';

export type { HeadgateConfig } from '#server/open-parts.ts';
export type { RunningServer, ServeOptions } from '#server/running-server.ts';
export { headgateVersion } from '#server/version.ts';

/**
 * Reads the config and all that it refers to on this machine, as `serve` does at its start. The policies are null when they come from a
 * repository, which is not asked.
 * @throws HeadgateError CONFIG_UNREADABLE, CONFIG_INVALID, POLICY_INVALID, POLICY_MISSING, SECRET_UNAVAILABLE, KUBECONFIG_INVALID
 */
export async function loadHeadgateConfig(
  configPath: string,
  env: ServeOptions['env'],
): Promise<{ readonly config: HeadgateConfig; readonly policies: PolicySet | null }> {
  const config = await loadConfig(configPath, adapterSchemas);
  const secrets = openSecrets(config, { clock: systemClock, env: (name) => env[name], log: silentLog });
  const secret = secrets.requireSecret.bind(secrets);
  const around = { clock: systemClock, log: silentLog, metrics: silentMetrics };
  const { tokenReviews: reviews } = connectClusters({ clusters: config.clusters, ...around });
  if (config.identity) await openIdentity(config.identity, { ...around, env, reviews, secret });
  return { config, policies: loadPolicies(config) };
}

/** Runs the server until the signal aborts, then stops it cleanly. */
export async function serve(options: ServeOptions): Promise<void> {
  await untilStopped(await startServer(options), options.signal);
}

/**
 * Starts everything in one process: listeners, delivery handling, queue, reconciles, observation. Where the config says that workers run
 * apart, the listeners alone.
 * Clusters that are away delay nothing.
 * @throws HeadgateError as loadHeadgateConfig, and PORT_BUSY, JOURNAL_IN_USE, JOURNAL_NEWER
 */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const config = await loadConfig(options.configPath, adapterSchemas);
  const around = surroundings(config, options);
  return start(config, around, { works: config.workers === 'serve' }, async (parts, flow, shutdown, starting) => {
    const listeners = await openListeners(parts, flow, shutdown, starting);
    around.log.info('ready', { version: around.version, webhook: listeners.webhook.url, web: listeners.web.url });
    return listeners;
  });
}

export interface WorkOptions extends ServeOptions {
  /** Where probes and metrics are answered; null: nowhere. */
  readonly health: Address | null;
  readonly metrics: Address | null;
}

/**
 * Runs a process that does a server's work without its listeners, until the signal aborts.
 * @throws HeadgateError as startServer, and CONFIG_INVALID where the journal is one process's alone
 */
export async function work(options: WorkOptions): Promise<void> {
  const config = await loadConfig(options.configPath, adapterSchemas);
  if (config.journal.postgres === undefined)
    throw new HeadgateError('CONFIG_INVALID', 'a journal in a file belongs to one process: `headgate serve` does the work of a worker', {
      hint: 'Run `headgate serve` alone, or set spec.journal.postgres.',
    });
  const around = surroundings(config, options);
  await using ending = new AsyncDisposableStack();
  ending.defer(keepRunning());
  const worker = await start(config, around, { works: true }, async (parts, flow, shutdown, starting) => {
    const open = async (name: 'health' | 'metrics', app: RequestListener): Promise<void> => {
      const address = options[name];
      if (address === null) return;
      const listener = await listen({ app, ...address, configKey: `--${name}`, ...around });
      starting.defer(() => listener.close(limits.http.requestTimeout));
    };
    await openProbes(parts, flow, shutdown, open);
    around.log.info('working', { version: around.version });
    return {};
  });
  await untilStopped(worker, options.signal);
}

async function untilStopped(running: { close(): Promise<void> }, signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await running.close();
}

function surroundings(config: HeadgateConfig, { env, stderr }: ServeOptions): Surroundings {
  const clock = systemClock;
  const version = headgateVersion();
  const log = createLog({ ...config.log, destination: { write: (line) => void stderr.write(line) }, clock });
  return { version, clock, log, env, metrics: createMetrics({ version, node: process.version }) };
}

/** Sets a process going, and whatever it answers on; nothing of it stays when that fails. */
async function start<T extends object>(
  config: HeadgateConfig,
  around: Surroundings,
  role: Role,
  answer: (parts: Parts, flow: Flow, shutdown: AbortSignal, starting: AsyncDisposableStack) => Promise<T>,
): Promise<T & { close(): Promise<void> }> {
  const { clock, log, metrics } = around;
  await using starting = new AsyncDisposableStack();
  const shutdown = new AbortController();
  const parts = await openParts(config, around, starting);
  const flow = await openFlow(parts, role, starting);
  metrics.observe({ ...parts, ...flow, inventory: parts.clusters.inventory, sources: parts.adapters });
  const answering = await answer(parts, flow, shutdown.signal, starting);
  const running = starting.move();
  return {
    ...answering,
    async close() {
      log.info('stopping');
      shutdown.abort();
      await pause(clock, limits.shutdown.drain);
      await running.disposeAsync();
      log.info('stopped');
    },
  };
}
