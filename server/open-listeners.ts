import type { RequestListener } from 'node:http';
import { policiesInForce } from '#policy/policies-in-force.ts';
import { policiesIn } from '#policy/watch-policies.ts';
import { buildHealthApp, buildMetricsApp, buildWebApp, buildWebhookApp } from '#server/app.ts';
import { runningChecks } from '#server/checks/running-checks.ts';
import { clientAddressBehind } from '#server/client-address.ts';
import { openGuards } from '#server/intake/guards.ts';
import { openLogins } from '#server/logins/open-logins.ts';
import { openAnswers } from '#server/open-answers.ts';
import type { Flow } from '#server/open-flow.ts';
import type { Parts } from '#server/open-parts.ts';
import { openerOf } from '#server/opener.ts';
import { openOperatorToken } from '#server/operator-token.ts';
import type { RunningServer } from '#server/running-server.ts';

/** The four of a server that answers. */
export type Listeners = Omit<RunningServer, 'close'>;

/** What requests and questions are answered from. */
function askedParts(parts: Parts, flow: Flow) {
  const { authority, inventory } = parts.clusters;
  const requesting = { ...parts, authority, inventory, ...flow, onAccepted: () => flow.wake() };
  return { requesting, explaining: { ...requesting, policies: () => policiesIn(parts.policies) } };
}

/** Opens all four listeners, until `starting` is disposed. @throws HeadgateError PORT_BUSY */
export async function openListeners(parts: Parts, flow: Flow, shutdown: AbortSignal, starting: AsyncDisposableStack): Promise<Listeners> {
  const { config, version, clock, log, journal, metrics, clusters, adapters: sources } = parts;
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
  const probes = await openProbes(parts, flow, shutdown, open);
  const web = await open('web', webApp);
  logins?.servedAt(web.url);
  const webhook = await open('webhook', webhookApp);
  return { webhook, web, ...probes };
}

/** Opens those that a process without the others has too: probes and metrics. @throws HeadgateError PORT_BUSY */
export async function openProbes<T>(
  { journal, clusters: { inventory }, adapters: sources, metrics, log }: Parts,
  { checkpoints, sinks }: Flow,
  shutdown: AbortSignal,
  open: (name: 'health' | 'metrics', app: RequestListener) => Promise<T>,
): Promise<Readonly<Record<'health' | 'metrics', T>>> {
  const health = await open('health', buildHealthApp({ journal, checkpoints, inventory, sources, sinks, shutdown, log }));
  return { health, metrics: await open('metrics', buildMetricsApp({ metrics, log })) };
}
