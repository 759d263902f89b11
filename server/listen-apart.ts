import type { RequestListener } from 'node:http';
import { adapterSchemas, createAdapter, createPost, lossNotice, type SinkConfig, type SourceConfig } from '#adapters/registry.ts';
import { loadConfig, type Config } from '#config/load-config.ts';
import type { Address } from '#config/network.ts';
import { keepRunning, systemClock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { Forwarder, type Destination } from '#handlers/forwarder.ts';
import { Streams } from '#handlers/streams.ts';
import { buildListenHealthApp, buildMetricsApp } from '#server/app.ts';
import { listen } from '#server/listen.ts';
import { createListenMetrics } from '#server/listen-metrics.ts';
import { createLog } from '#server/log.ts';
import { openSecrets } from '#server/open-secrets.ts';
import type { ServeOptions } from '#server/running-server.ts';
import { headgateVersion } from '#server/version.ts';

export interface ListenApartOptions extends Pick<ServeOptions, 'configPath' | 'env' | 'stderr' | 'signal'> {
  /** Names of sources; none = all that the config says are listened to apart. */
  readonly sources: readonly string[];
  /** Where the server takes webhooks, without a slash at the end; undefined = where the config says that it listens. */
  readonly server: string | undefined;
  /** Where probes and metrics are answered; null: nowhere. */
  readonly health: Address | null;
  readonly metrics: Address | null;
}

/** A source that can be listened to from elsewhere: it has a stream, and the server takes what is handed over. */
type Heard = Extract<SourceConfig, { readonly type: 'gerrit' }>;

/**
 * Listens to the streams of sources until the signal aborts, and hands each event to a server. It keeps nothing: what it could not hand over when
 * it ends is found by the look that its next connection asks the server for.
 * @throws HeadgateError CONFIG_UNREADABLE, CONFIG_INVALID, SECRET_UNAVAILABLE, PORT_BUSY, USAGE when there is nothing to listen to
 */
export async function listenApart(options: ListenApartOptions): Promise<void> {
  const { signal } = options;
  const config = await loadConfig(options.configPath, adapterSchemas);
  const sources = chosen(config.sources, options.sources);
  const log = createLog({ ...config.log, destination: { write: (line) => void options.stderr.write(line) }, clock: systemClock });
  const version = headgateVersion();
  const { streams, forwarders, health, metrics } = opened(config, sources, options, { log, version });
  await using ending = new AsyncDisposableStack();
  const rest = keepRunning();
  ending.defer(rest);
  const urls = {
    health: await answering('health', options.health, buildListenHealthApp({ ...health, shutdown: signal, log }), { log, ending }),
    metrics: await answering('metrics', options.metrics, buildMetricsApp({ metrics, log }), { log, ending }),
  };
  streams.start();
  log.info('listening', { version, sources: sources.map(({ name }) => name), ...urls });
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  log.info('stopping');
  await streams.stop();
  await Promise.all([...forwarders.values()].map((forwarder) => forwarder.stop()));
}

/** Opens a listener where it is wanted, which answers until the end. */
async function answering(
  name: 'health' | 'metrics',
  address: Address | null,
  app: RequestListener,
  { log, ending }: { readonly log: Log; readonly ending: AsyncDisposableStack },
): Promise<string | null> {
  if (address === null) return null;
  const listener = await listen({ app, ...address, configKey: `--${name}`, clock: systemClock, log });
  ending.defer(() => listener.close(limits.http.requestTimeout));
  return listener.url;
}

function opened(
  config: Config<SourceConfig, SinkConfig>,
  sources: readonly Heard[],
  { env, server }: ListenApartOptions,
  { log, version }: { readonly log: Log; readonly version: string },
) {
  const clock = systemClock;
  const secrets = openSecrets({ sources, tell: [], records: { anchors: [] } }, { clock, env: (name) => env[name], log });
  const place = server ?? localUrl(config);
  const destination = (source: Heard): Destination => ({
    source: source.name,
    url: `${place}/hooks/${encodeURIComponent(source.name)}`,
    authorization: () => basic(secrets.requireAny(source.webhook?.secrets ?? [])[0]),
    lossNotice,
  });
  const outward = {
    clock,
    log,
    env,
    secret: secrets.requireSecret.bind(secrets),
    pagesUrl: undefined,
    dataDirectory: config.dataDirectory,
  };
  const adapters = sources.map((source) => createAdapter(source, { ...outward, listener: 'apart', secrets: () => [] }));
  const metrics = createListenMetrics({ version, node: process.version }, new Map(adapters.map((adapter) => [adapter.name, adapter])));
  const forwarding = { clock, log, metrics, post: createPost({ clock, env }) };
  const forwarders = new Map(sources.map((source) => [source.name, new Forwarder(forwarding, destination(source))]));
  const hearer = (name: string): Forwarder => {
    const forwarder = forwarders.get(name);
    if (!forwarder) throw new HeadgateError('INTERNAL', `nobody hears ${name}`);
    return forwarder;
  };
  const health = { sources: adapters, trouble: (name: string) => hearer(name).trouble };
  return { streams: new Streams(hearer, adapters), forwarders, health, metrics };
}

/** As the config says them, but for who listens. */
function chosen(sources: readonly SourceConfig[], names: readonly string[]): readonly Heard[] {
  const wanted = names.length > 0 ? names.map((name) => named(sources, name)) : sources.filter(isApart);
  if (wanted.length === 0)
    throw new HeadgateError('USAGE', 'no source of the config is listened to apart', {
      hint: 'Write `listen: apart` under `ssh` of a source, or name one with --source.',
    });
  return wanted.map((source) => apart(source));
}

function isApart(source: SourceConfig): boolean {
  return source.type === 'gerrit' && source.ssh?.listen === 'apart';
}

function named(sources: readonly SourceConfig[], name: string): SourceConfig {
  const source = sources.find((one) => one.name === name);
  if (source) return source;
  throw new HeadgateError('USAGE', `no source of the config is named ${name}`, {
    hint: `It has ${sources.map((one) => one.name).join(', ')}.`,
  });
}

function apart(source: SourceConfig): Heard {
  if (source.type === 'gerrit' && source.ssh && source.webhook) return { ...source, ssh: { ...source.ssh, listen: 'apart' } };
  throw new HeadgateError('USAGE', `the source ${source.name} cannot be listened to apart`, {
    hint: 'It needs `type: gerrit`, `ssh`, and `webhook`, by whose secret events are handed to the server.',
  });
}

/** A server that listens on every interface is reached on the loopback one. */
function localUrl({ listen, tls }: Config<SourceConfig, SinkConfig>): string {
  const { host, port } = listen.webhook;
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${tls.webhook ? 'https' : 'http'}://${near.includes(':') ? `[${near}]` : near}:${port}`;
}

/** RFC 7617; the name says nothing to the server. */
function basic(secret: Buffer | undefined): string {
  if (!secret) throw new HeadgateError('SECRET_UNAVAILABLE', 'no webhook secret is live');
  return `Basic ${Buffer.concat([Buffer.from('headgate:'), secret]).toString('base64')}`;
}
