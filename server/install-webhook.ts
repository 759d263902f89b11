import { isIP } from 'node:net';
import { gerritClient } from '#adapters/gerrit-source.ts';
import {
  remotePath,
  webhookRemote,
  writeRemote,
  type RemotePlace,
  type WebhookRemote,
  type WrittenRemote,
} from '#adapters/gerrit/webhook-remote.ts';
import { adapterSchemas, type SinkConfig, type SourceConfig } from '#adapters/registry.ts';
import { privateUrl } from '#config/http-url.ts';
import { loadConfig, type Config } from '#config/load-config.ts';
import type { SecretRef } from '#config/secret-ref.ts';
import { SecretStore } from '#config/secret-store.ts';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { silentLog } from '#core/ports/telemetry.ts';

export interface InstallWebhookOptions extends RemotePlace {
  /** Absolute. */
  readonly configPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** `spec.sources[].name`; undefined = the only one of `type: gerrit`. */
  readonly source: string | undefined;
  /** Where Gerrit reaches the webhook listener; undefined = at its address. */
  readonly url: string | undefined;
  /** Where in the URL the secret stands. */
  readonly secretAs: 'path' | 'password';
  /** Who writes it, and a file with their token; undefined = the account of the source. */
  readonly as: { readonly user: string; readonly tokenFile: string } | undefined;
  /** Ask nothing, write nothing. */
  readonly dryRun: boolean;
}

export interface InstalledWebhook extends RemotePlace {
  readonly source: string;
  /** `PUT …`, below the URL of the source. */
  readonly path: string;
  /** As written, but for the secret. */
  readonly remote: WebhookRemote;
  /** Null on a dry run. */
  readonly written: WrittenRemote | null;
}

type Gerrit = Extract<SourceConfig, { readonly type: 'gerrit' }>;

/**
 * Has Gerrit's webhooks plugin send its events to a source: writes the remote, and reads it again.
 * @throws HeadgateError CONFIG_UNREADABLE, CONFIG_INVALID, SECRET_UNAVAILABLE, USAGE, SOURCE_REFUSED, SOURCE_UNREACHABLE, SOURCE_LIMITED
 */
export async function installWebhook(options: InstallWebhookOptions): Promise<InstalledWebhook> {
  const { project, name, clock, env } = options;
  const config = await loadConfig(options.configPath, adapterSchemas);
  const source = sourceOf(config, options.source);
  const secrets = new SecretStore({ clock, env: (variable) => env[variable], log: silentLog });
  const base = baseOf(options.url, config);
  const url = urlOf(base, source.name, options.secretAs);
  const place = { project, name };
  const report = { ...place, source: source.name, path: `/a${remotePath(place)}`, remote: webhookRemote(url('…')) };
  if (options.dryRun) return { ...report, written: null };
  const [secret] = secrets.requireAny(liveSecrets(source));
  const client = clientOf(source, options, secrets);
  return { ...report, written: await writeRemote(client, place, webhookRemote(url(encodeURIComponent(String(secret))))) };
}

function sourceOf({ sources }: Config<SourceConfig, SinkConfig>, name: string | undefined): Gerrit {
  const gerrits = sources.filter((source) => source.type === 'gerrit');
  const [source, ...others] = name === undefined ? gerrits : gerrits.filter((one) => one.name === name);
  if (source && others.length === 0) return source;
  const known = gerrits.map((one) => one.name).join(', ') || 'there is none';
  throw new HeadgateError('USAGE', name === undefined ? 'which source is not clear' : `no source of type gerrit is called ${name}`, {
    hint: `Name one of type gerrit with --source: ${known}.`,
  });
}

/** @throws HeadgateError USAGE where deliveries would be refused */
function liveSecrets({ name, webhook }: Gerrit): readonly SecretRef[] {
  if (webhook) return webhook.secrets;
  throw new HeadgateError('USAGE', `the source ${name} takes no webhooks`, { hint: 'Add webhook: { secrets: [ { file: … } ] } to it.' });
}

/** Where Gerrit sends to, without a slash at its end. An address that means every interface is none to send to. */
function baseOf(asked: string | undefined, { listen, tls }: Config<SourceConfig, SinkConfig>): string {
  const { host, port } = listen.webhook;
  const own = `${tls.webhook ? 'https' : 'http'}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const isOpen = port === 0 || ['0.0.0.0', '::'].includes(host);
  const parsed = privateUrl.safeParse(asked ?? (isOpen ? '' : own));
  if (parsed.success && !parsed.data.includes('?')) return parsed.data.replace(/\/+$/, '');
  throw new HeadgateError('USAGE', `${asked ?? 'the address of the webhook listener'} is nothing that Gerrit can send to`, {
    hint: 'Name where Gerrit reaches the webhook listener, as --url https://hooks.example.com. Plain http is taken only where it does not leave the machine or the cluster.',
  });
}

function urlOf(base: string, source: string, secretAs: InstallWebhookOptions['secretAs']): (secret: string) => string {
  if (secretAs === 'path') return (secret) => `${base}/hooks/${source}/${secret}`;
  return (secret) => `${base.replace('://', `://headgate:${secret}@`)}/hooks/${source}`;
}

function clientOf(
  source: Gerrit,
  { as, env, clock, signal }: InstallWebhookOptions,
  secrets: SecretStore,
): ReturnType<typeof gerritClient> {
  const account = as ? { user: as.user, token: { file: as.tokenFile } } : source.http;
  if (!account)
    throw new HeadgateError('USAGE', `the source ${source.name} has no account for the REST API`, {
      hint: 'Name one with --user and --token-file, or add http: { user: …, token: { file: … } } to the source.',
    });
  return gerritClient(source, account, {
    clock,
    env,
    stopping: signal,
    log: silentLog,
    dataDirectory: '',
    pagesUrl: undefined,
    secret: secrets.requireSecret.bind(secrets),
    secrets: () => [],
  });
}
