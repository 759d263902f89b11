import { adapterSchemas, createAdapter, createAnchor, createSink, type SinkConfig, type SourceConfig } from '#adapters/registry.ts';
import { loadConfig, type Config } from '#config/load-config.ts';
import { Announcer } from '#core/announcements.ts';
import { every, pause, systemClock, type Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { Checkpoints } from '#core/ports/checkpoints.ts';
import type { Journal } from '#core/ports/journal.ts';
import type { Queue } from '#core/ports/queue.ts';
import type { Sink } from '#core/ports/sink.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { silentLog, silentMetrics, type Log, type Metrics } from '#core/ports/telemetry.ts';
import { Turns } from '#core/turns.ts';
import type { DeliveryHandling } from '#handlers/delivery-handling.ts';
import { DeliveryHandler } from '#handlers/delivery.ts';
import { measuredAdapter } from '#handlers/measured-read-back.ts';
import { OutcomeHandler } from '#handlers/outcome.ts';
import { bearWitness } from '#handlers/witness.ts';
import { OwedHandler } from '#handlers/owed.ts';
import { RecordKeeper } from '#handlers/record-keeper.ts';
import { RangeMemory } from '#handlers/range-memory.ts';
import { SeenHeads } from '#handlers/seen-heads.ts';
import { reconcileTarget } from '#handlers/reconcile.ts';
import { tellPolicies } from '#handlers/policy-events.ts';
import { retain } from '#handlers/retention.ts';
import { Sweepers } from '#handlers/sweeper.ts';
import { TargetEventWriter } from '#handlers/target-events.ts';
import { Tellers } from '#handlers/tellers.ts';
import { openIdentity, type Identity } from '#identity/open-identity.ts';
import { openKept } from '#journal/open-kept.ts';
import { Signatures } from '#identity/signatures/signatures.ts';
import { diskUse } from '#journal/sqlite/disk-use.ts';
import { connectClusters, type Clusters } from '#k8s/clusters.ts';
import type { PolicySet } from '#policy/documents.ts';
import { policiesInForce } from '#policy/policies-in-force.ts';
import { policiesIn } from '#policy/watch-policies.ts';
import { embeddedQueue } from '#queue/embedded.ts';
import { buildHealthApp, buildMetricsApp, buildWebApp, buildWebhookApp } from '#server/app.ts';
import { journalFile, requireKnownStores } from '#server/journal-file.ts';
import { clusterIssuers } from '#server/cluster-issuers.ts';
import { clientAddressBehind } from '#server/client-address.ts';
import { countEntered } from '#server/count-entered.ts';
import { createLog } from '#server/log.ts';
import { openLogins } from '#server/logins/open-logins.ts';
import { createMetrics, type PrometheusMetrics } from '#server/metrics.ts';
import { openAnswers } from '#server/open-answers.ts';
import { openerOf } from '#server/opener.ts';
import { beginWithPolicies, loadPolicies, openPolicies, type Policies } from '#server/open-policies.ts';
import { openOperatorToken } from '#server/operator-token.ts';
import { openSecrets } from '#server/open-secrets.ts';
import { runningChecks } from '#server/checks/running-checks.ts';
import type { RunningServer, ServeOptions } from '#server/running-server.ts';
import { recordsSettings } from '#server/records-settings.ts';
import { headgateVersion } from '#server/version.ts';
import { watchSources } from '#server/watch-sources.ts';

export type { RunningServer, ServeOptions } from '#server/running-server.ts';
export { headgateVersion } from '#server/version.ts';

export type HeadgateConfig = Config<SourceConfig, SinkConfig>;

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
  const flow = await startFlow(parts, starting);
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

interface Surroundings {
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: PrometheusMetrics;
  readonly env: ServeOptions['env'];
}

/** What holds state or speaks to the outside. */
interface Parts extends Surroundings {
  readonly config: HeadgateConfig;
  readonly journal: Journal;
  readonly checkpoints: Checkpoints;
  readonly clusters: Clusters;
  readonly policies: Policies;
  readonly adapters: ReadonlyMap<string, SourceAdapter>;
  readonly sinks: readonly Sink[];
  /** Null: no issuer is configured. */
  readonly identity: Identity | null;
  /** Gives up what sources are being asked: it stays pending. */
  stopAsking(): void;
}

async function openParts(config: HeadgateConfig, around: Surroundings, starting: AsyncDisposableStack): Promise<Parts> {
  const { clock, log, metrics, env } = around;
  const pagesUrl = config.web.url;
  const reloaded = (what: 'policies' | 'secrets') => (ok: boolean) => metrics.configReload(what, ok, clock.now());
  const secrets = openSecrets(config, { clock, env: (name) => env[name], log, onReload: reloaded('secrets') });
  const secret = secrets.requireSecret.bind(secrets);
  const stopping = new AbortController();
  const outward = { clock, log, env, secret, pagesUrl, stopping: stopping.signal, dataDirectory: config.dataDirectory };
  const adapters = config.sources.map((source) =>
    createAdapter(source, {
      ...outward,
      secrets: () => secrets.values(source.webhook?.secrets ?? []),
      onAnswer: (code, remaining) => metrics.sourceAnswered(source.name, code, remaining),
    }),
  );
  const opening = await openPolicies(config, { clock, log, adapters, onReload: reloaded('policies') });
  for (const what of ['policies', 'secrets'] as const) reloaded(what)(true);
  starting.defer(() => opening.stop());
  const clusters = connectClusters({
    clusters: config.clusters,
    issuers: clusterIssuers(config),
    schemas: config.preflight.schemas?.path ?? null,
    ...{ clock, log, metrics },
  });
  starting.defer(() => clusters.stop());
  const telling = { clock, env, pagesUrl, secrets: secrets.requireAny.bind(secrets), uidOf: clusters.uidOf };
  const sinks = [...adapters.flatMap(({ feedback }) => feedback ?? []), ...config.tell.map((sink) => createSink(sink, telling))];
  const onCommit: Metrics['committed'] = (operations, seconds) => metrics.committed(operations, seconds);
  const { journal: opened, checkpoints } = await openKept(
    {
      ...{ path: journalFile(config.journal), clock, log, onCommit, sinks: sinks.map(({ name }) => name) },
      records: { ...recordsSettings(config), anchors: config.records.anchors.map((anchor) => createAnchor(anchor, telling)) },
      keeper: (journal) => new RecordKeeper({ clock, log, version: around.version, journal, policies: opening.unrecorded }),
    },
    starting,
  );
  const journal = countEntered(opened, metrics);
  const byName = new Map(adapters.map((adapter) => [adapter.name, measuredAdapter(adapter, around)]));
  const policies = opening.finish({ journal, adapters: byName });
  starting.defer(() => policies.stop());
  const stopAsking = (): void => stopping.abort();
  const identity = config.identity ? await openIdentity(config.identity, { ...around, secret, reviews: clusters.tokenReviews }) : null;
  return { ...around, config, journal, checkpoints, clusters, policies, sinks, identity, adapters: byName, stopAsking };
}

interface Flow {
  readonly announcer: Announcer;
  readonly deliveries: DeliveryHandler;
  readonly queue: Queue;
  readonly sweepers: Sweepers;
  readonly tellers: Tellers;
  readonly remembered: RangeMemory;
  readonly inForce: () => PolicySet;
}

/** Wires deliveries → queue → reconciles → outcomes, and sets them going. */
async function startFlow(parts: Parts, starting: AsyncDisposableStack): Promise<Flow> {
  const { clock, log, metrics, journal, adapters, clusters, policies } = parts;
  const { inventory, actuator, observer, authority } = clusters;
  const announcer = new Announcer();
  const events = new TargetEventWriter({ actuator, clock, log });
  const queue = embeddedQueue({ clock, log, rescan: () => journal.dirty() });
  const inForce = (): PolicySet => policiesIn(policies);
  const [remembered, seen] = [new RangeMemory(), new SeenHeads(clock)];
  const signatures = new Signatures(() => inForce().people.keys);
  const common = { clock, log, metrics, journal, adapters, announcer, inventory, authority, policies: inForce, signatures, remembered };
  const deciding: DeliveryHandling = { ...common, ...policies.gate, queue, seen, onDecided: (match) => events.decided(match) };
  const deliveries = new DeliveryHandler(deciding);
  const acting = { ...common, recent: deliveries.recent, actuator, observer, events };
  const outcomes = new OutcomeHandler(acting);
  const reconciling = { ...acting, follow: outcomes.follow.bind(outcomes), artifacts: new Turns() };
  const owed = new OwedHandler(deciding);
  const sweptOf = (adapter: SourceAdapter | undefined, interval: number) => (adapter ? [{ adapter, interval }] : []);
  const swept = parts.config.sources.flatMap(({ name, sweep: { interval } }) => sweptOf(adapters.get(name), interval));
  const tellers = new Tellers(common, parts.sinks);
  const sweepers = new Sweepers({ ...common, onAccepted: () => deliveries.wake() }, swept);

  clusters.start();
  starting.defer(() => tellers.stop());
  tellers.start();
  starting.defer(() => outcomes.stop());
  await outcomes.start();
  starting.defer(() => queue.stop());
  starting.defer(every(clock, limits.journal.pruneInterval, () => retain(journal, parts.config.retention, clock, log)));
  await bearWitness(acting, starting);
  starting.defer(() => deliveries.stop());
  const hasBegun = beginWithPolicies(policies, starting, () => {
    queue.start((key) => reconcileTarget(reconciling, key));
    deliveries.start();
    return tellPolicies({ ...common, events });
  });
  starting.defer(every(clock, limits.journal.pendingPoll, async () => void (hasBegun() && (await owed.look()))));
  policies.start({ signatures, onAccepted: () => deliveries.wake() });
  watchSources({ ...common, deliveries, sweepers }, starting);
  starting.defer(() => parts.stopAsking());
  return { announcer, deliveries, queue, sweepers, tellers, remembered, inForce };
}

/** What requests and questions are answered from. */
function askedParts(parts: Parts, flow: Flow) {
  const { authority, inventory } = parts.clusters;
  const requesting = { ...parts, authority, inventory, ...flow, onAccepted: () => flow.deliveries.wake() };
  return { requesting, explaining: { ...requesting, policies: () => policiesIn(parts.policies) } };
}

async function openListeners(config: HeadgateConfig, parts: Parts, flow: Flow, shutdown: AbortSignal, starting: AsyncDisposableStack) {
  const { version, clock, log, journal, metrics, clusters, adapters: sources } = parts;
  const [{ inventory }, sinks] = [clusters, flow.tellers];
  const { shown, ...ofPolicies } = policiesInForce(parts.policies, config, clock);
  const clientAddress = clientAddressBehind(config.trustedProxies);
  const { dataDirectory } = config;
  const operatorToken = await openOperatorToken(dataDirectory);
  const logins = openLogins({ issuer: parts.identity?.login ?? null, dataDirectory, clock, url: config.web.url });
  const { requesting, explaining } = askedParts(parts, flow);
  // It knows no shutdown: a delivery is taken for as long as the listener lives, because forges do not send it again.
  const webhookApp = buildWebhookApp({
    sources,
    accept: (delivery) => flow.deliveries.accept(delivery),
    clock,
    log,
    metrics,
    clientAddress,
    tokens: parts.identity?.tokens ?? null,
    onAccepted: (delivery) => flow.announcer.announce('delivery', delivery.id),
    onGap: (source, cause) => flow.sweepers.ask(source, cause),
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
    check: runningChecks({ ...parts, ...ofPolicies, inventory, queue: flow.queue, clusterChecks: clusters.checks, sinks }),
    ...openAnswers({ ...parts, requesting, explaining }),
  });
  const open = openerOf(config, parts, starting);
  // Closed in the opposite order: probes and metrics answer until the end.
  const health = await open(
    'health',
    buildHealthApp({ journal, checkpoints: parts.checkpoints, inventory, sources, sinks, shutdown, log }),
  );
  const metricsListener = await open('metrics', buildMetricsApp({ metrics, log }));
  const web = await open('web', webApp);
  logins?.servedAt(web.url);
  const webhook = await open('webhook', webhookApp);
  return { webhook, web, metrics: metricsListener, health };
}
