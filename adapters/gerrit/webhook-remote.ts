import { z } from 'zod';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { present, type Found, type GerritClient, type Missing } from './rest/client.ts';
import { projectPath } from './rest/paths.ts';

/**
 * A remote of the webhooks plugin as its REST API has it (plugins/webhooks, "rest-api-config.md"). It writes these names, and leaves out
 * without a word what is written otherwise (`maxTries`).
 */
const RemoteAnswer = z.object({
  url: z.string().nullish(),
  events: z.array(z.string()).nullish(),
  max_tries: z.int().nullish(),
  retry_interval: z.int().nullish(),
  connection_timeout: z.int().nullish(),
  socket_timeout: z.int().nullish(),
  ssl_verify: z.boolean().nullish(),
});
type RemoteSettings = z.output<typeof RemoteAnswer>;

/** What is written; times in milliseconds. */
export interface WebhookRemote {
  readonly url: string;
  readonly events: readonly string[];
  readonly max_tries: number;
  readonly retry_interval: number;
  readonly connection_timeout: number;
  readonly socket_timeout: number;
  readonly ssl_verify: true;
}

/** Where a remote is configured. */
export interface RemotePlace {
  readonly project: string;
  /** Of the section `[remote "…"]` in the project's `webhooks.config`. */
  readonly name: string;
}

/**
 * The remote that sends what Headgate reads, for as long as an upgrade of it takes. Verifying certificates is off by default in the plugin.
 * @param url with the secret
 */
export function webhookRemote(url: string): WebhookRemote {
  const { tries, retryInterval, connectionTimeout, socketTimeout } = limits.gerritWebhook;
  return {
    url,
    events: ['ref-updated', 'change-merged'],
    max_tries: tries,
    retry_interval: retryInterval,
    connection_timeout: connectionTimeout,
    socket_timeout: socketTimeout,
    ssl_verify: true,
  };
}

/** Path of a remote below `/a`. */
export function remotePath({ project, name }: RemotePlace): string {
  return `${projectPath(project).replace('/projects/', '/config/server/webhooks~projects/')}/remotes/${encodeURIComponent(name)}`;
}

/** What came of writing a remote. */
export interface WrittenRemote {
  /** One of that name was there and sent to another address. */
  readonly replaced: boolean;
  /** Settings that the server has otherwise, in words: it bounds them (`plugin.webhooks.maxAllowed…` of gerrit.config). */
  readonly bounded: readonly string[];
}

/**
 * Writes a remote, and reads it again.
 * @throws HeadgateError SOURCE_REFUSED where the account may not, there is no such project or plugin, or something else was kept than was
 * written; SOURCE_UNREACHABLE, SOURCE_LIMITED
 */
export async function writeRemote(client: GerritClient, place: RemotePlace, remote: WebhookRemote): Promise<WrittenRemote> {
  const path = remotePath(place);
  const before = await client.get(RemoteAnswer, path);
  const written = await client.put(RemoteAnswer, path, remote);
  if ('missing' in written) throw await refusal(client, place, written.missing);
  const kept = present(await client.get(RemoteAnswer, path), `the remote ${place.name} of ${place.project}`);
  const differing = (Object.keys(remote) as (keyof WebhookRemote)[]).filter((key) => textOf(kept[key]) !== textOf(remote[key]));
  const [wrong] = differing.filter((key) => key === 'url' || key === 'events' || key === 'ssl_verify');
  if (wrong !== undefined)
    throw new HeadgateError('SOURCE_REFUSED', `Gerrit has kept another ${wrong} of the remote ${place.name} than was written`, {
      hint: 'Look at webhooks.config on refs/meta/config of the project, and at `plugin.webhooks` of gerrit.config: allowedEvent and allowedUrlPattern restrict what is kept.',
    });
  return {
    replaced: isOther(before, remote),
    bounded: differing.map((key) => `${key} is ${textOf(kept[key])} instead of ${textOf(remote[key])}`),
  };
}

function isOther(before: Found<RemoteSettings>, { url }: WebhookRemote): boolean {
  return 'data' in before && typeof before.data.url === 'string' && before.data.url !== url;
}

/** Events are a set. */
function textOf(value: RemoteSettings[keyof RemoteSettings] | readonly string[]): string {
  return typeof value === 'object' && value !== null ? [...new Set(value)].toSorted(byText).join(', ') : String(value ?? 'none');
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}

/** Why nothing could be written, and what mends it. */
async function refusal(client: GerritClient, { project }: RemotePlace, { status, message }: Missing): Promise<HeadgateError> {
  const said = `Gerrit answers ${status}${message === '' ? '' : ` ${message}`}`;
  if (status === 403)
    return refused(`the webhooks of ${project} may not be written: ${said}`, [
      `The account needs Push on refs/meta/config of ${project}, administrators too: grant it under Access of the project`,
      'or name another account with --user and --token-file. The account that Headgate runs with should not have it.',
    ]);
  if (status !== 404) return refused(`the webhooks of ${project} could not be written: ${said}`, ['Gerrit says why; its error_log more.']);
  const found = await client.get(z.unknown(), projectPath(project));
  if ('missing' in found)
    return refused(`there is no project ${project}, or the account may not see it: ${said}`, ['Name another with --project.']);
  return refused(`the webhooks plugin is not there: ${said}`, [
    'It comes with Gerrit: `java -jar gerrit.war init -d SITE --install-plugin webhooks`, then restart Gerrit. Or listen to `ssh` instead.',
  ]);
}

function refused(message: string, hint: readonly string[]): HeadgateError {
  return new HeadgateError('SOURCE_REFUSED', message, { hint: hint.join(' ') });
}
