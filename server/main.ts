import { adapterSchemas } from '#adapters/registry.ts';
import { loadConfig } from '#config/load-config.ts';
import { pause, systemClock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import { silentLog, silentMetrics } from '#core/ports/telemetry.ts';
import { openIdentity } from '#identity/open-identity.ts';
import { diskUse } from '#journal/sqlite/disk-use.ts';
import { connectClusters } from '#k8s/clusters.ts';
import type { PolicySet } from '#policy/documents.ts';
import { policiesInForce } from '#policy/policies-in-force.ts';
import { policiesIn } from '#policy/watch-policies.ts';
import { buildHealthApp, buildMetricsApp, buildWebApp, buildWebhookApp } from '#server/app.ts';
import { journalFile, requireKnownStores } from '#server/journal-file.ts';
import { clientAddressBehind } from '#server/client-address.ts';
import { openGuards } from '#server/intake/guards.ts';
import { createLog } from '#server/log.ts';
import { openLogins } from '#server/logins/open-logins.ts';
import { createMetrics } from '#server/metrics.ts';
import { openAnswers } from '#server/open-answers.ts';
import { openerOf } from '#server/opener.ts';
import { loadPolicies } from '#server/open-policies.ts';
import { openOperatorToken } from '#server/operator-token.ts';
import { openSecrets } from '#server/open-secrets.ts';
import { runningChecks } from '#server/checks/running-checks.ts';
import { openFlow, type Flow } from '#server/open-flow.ts';
import { openParts, type HeadgateConfig, type Parts } from '#server/open-parts.ts';
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
  const server = await startServer(options);
  if (!options.signal.aborted) await new Promise((resolve) => options.signal.addEventListener('abort', resolve, { once: true }));
  await server.close();
}

/**
 * Starts everything in one process: listeners, delivery handling, queue, reconciles, observation.
 * Clusters that are away delay nothing.
 * @throws HeadgateError as loadHeadgateConfig, and PORT_BUSY, JOURNAL_IN_USE, JOURNAL_NEWER
 */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const clock = systemClock;
  const config = requireKnownStores(await loadConfig(options.configPath, adapterSchemas));
  const log = createLog({ ...config.log, destination: { write: (line) => void options.stderr.write(line) }, clock });
  await using starting = new AsyncDisposableStack();
  const version = headgateVersion();
  const metrics = createMetrics({ version, node: process.version });
  const shutdown = new AbortController();
  const parts = await openParts(config, { version, clock, log, metrics, env: options.env }, starting);
  const flow = await openFlow(parts, starting);
  const disk = (): ReturnType<typeof diskUse> => diskUse(journalFile(config.journal));
  metrics.observe({ ...parts, ...flow, disk, inventory: parts.clusters.inventory, sources: parts.adapters });
  const listeners = await openListeners(config, parts, flow, shutdown.signal, starting);
  log.info('ready', { version, webhook: listeners.webhook.url, web: listeners.web.url });
  const running = starting.move();
  return {
    ...listeners,
    async close() {
      log.info('stopping');
      shutdown.abort();
      await pause(clock, limits.shutdown.drain);
      await running.disposeAsync();
      log.info('stopped');
    },
  };
}

/** What requests and questions are answered from. */
function askedParts(parts: Parts, flow: Flow) {
  const { authority, inventory } = parts.clusters;
  const requesting = { ...parts, authority, inventory, ...flow, onAccepted: () => flow.wake() };
  return { requesting, explaining: { ...requesting, policies: () => policiesIn(parts.policies) } };
}

async function openListeners(config: HeadgateConfig, parts: Parts, flow: Flow, shutdown: AbortSignal, starting: AsyncDisposableStack) {
  const { version, clock, log, journal, metrics, clusters, adapters: sources } = parts;
  const { inventory } = clusters;
  const { sinks, checkpoints } = flow;
  const { shown, ...ofPolicies } = policiesInForce(parts.policies, config, clock);
  const clientAddress = clientAddressBehind(config.trustedProxies);
  const guards = openGuards({ ...config, clock, log });
  const { dataDirectory } = config;
  const operatorToken = await openOperatorToken(dataDirectory);
  const logins = openLogins({ issuer: parts.identity?.login ?? null, dataDirectory, clock, url: config.web.url });
  const { requesting, explaining } = askedParts(parts, flow);
  // It knows no shutdown: a delivery is taken for as long as the listener lives, because forges do not send it again.
  const webhookApp = buildWebhookApp({
    sources,
    accept: (delivery) => flow.append(delivery),
    ...{ clock, log, metrics, clientAddress, guards },
    tokens: parts.identity?.tokens ?? null,
    onAccepted: (delivery) => flow.announcer.announce('delivery', delivery.id),
    onGap: (source, cause) => flow.ask(source, cause),
  });
  const webApp = buildWebApp({
    version,
    clock,
    log,
    journal,
    inventory,
    sources,
    queue: flow.queue,
    sinks,
    announcer: flow.announcer,
    clientAddress,
    shutdown,
    operatorToken,
    tokens: parts.identity?.tokens ?? null,
    logins,
    openReading: config.web.openReading,
    hosts: [...config.web.hosts, ...(config.web.url === undefined ? [] : [new URL(config.web.url).hostname])],
    ...shown,
    metrics,
    check: runningChecks({
      ...parts,
      ...ofPolicies,
      inventory,
      queue: flow.queue,
      clusterChecks: clusters.checks,
      sinks,
      checkpoints,
      rates: guards.rates,
    }),
    ...openAnswers({ ...parts, requesting, explaining }),
  });
  const open = openerOf(config, parts, starting);
  // Closed in the opposite order: probes and metrics answer until the end.
  const health = await open('health', buildHealthApp({ journal, checkpoints, inventory, sources, sinks, shutdown, log }));
  const metricsListener = await open('metrics', buildMetricsApp({ metrics, log }));
  const web = await open('web', webApp);
  logins?.servedAt(web.url);
  const webhook = await open('webhook', webhookApp);
  return { webhook, web, metrics: metricsListener, health };
}
