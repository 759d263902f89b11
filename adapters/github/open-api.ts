import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { AppAuth } from './app-auth.ts';
import { GithubClient, type GithubClientOptions } from './client.ts';
import { bearer, tokenCredentials, type Credentials, type ReadSecret } from './credentials.ts';
import type { GithubApi } from './schema.ts';

export interface GithubApiOptions {
  /** `spec.sources[].name`. */
  readonly source: string;
  /** Where the repositories live: the API's own URL follows from it unless `api.url` names one. */
  readonly url: string;
  readonly api: GithubApi;
  readonly secret: ReadSecret;
  readonly clock: Clock;
  readonly log: Log;
  /** For the proxies that it names. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends whatever is asked. */
  readonly stopping?: AbortSignal | undefined;
  /** Told of every answer (client.ts). */
  readonly onAnswer?: GithubClientOptions['onAnswer'];
}

/** A client of the API, and how the App itself is spoken for where there is one. */
export interface GithubApiAccess {
  readonly client: GithubClient;
  /** The Authorization header of the App itself, rather than of its installation. */
  readonly asApp: (() => Promise<string>) | undefined;
}

/** The API of github.com or of a GitHub Enterprise Server, with the credentials of the config. Nothing is asked yet. */
export function openApi(options: GithubApiOptions): GithubApiAccess {
  const { source, clock, log, env, stopping, onAnswer } = options;
  const baseUrl = apiUrlOf(options.url, options.api.url);
  let asApp: GithubApiAccess['asApp'];
  const credentials = (client: GithubClient): Credentials => {
    const own = credentialsOf(options, client);
    if (own instanceof AppAuth) asApp = async () => bearer(await own.jwt());
    return own;
  };
  const client = new GithubClient({ source, baseUrl, clock, log, env, credentials, stopping, ...(onAnswer ? { onAnswer } : {}) });
  return { client, asApp };
}

function credentialsOf({ source, api, secret, clock }: GithubApiOptions, client: GithubClient): Credentials {
  const { token, app } = api;
  if (token !== undefined) return tokenCredentials(token, secret);
  if (app === undefined) throw new HeadgateError('CONFIG_INVALID', `${source}: \`api\` has neither token nor app`);
  const exchange = async (installation: number, authorization: string): Promise<unknown> => {
    const asking = { until: clock.monotonic() + limits.github.callTimeout, authorization };
    const route = 'POST /app/installations/{installation_id}/access_tokens';
    const { status, data, message } = await client.send(route, { installation_id: installation }, asking);
    if (status < 300) return data;
    throw new HeadgateError('SOURCE_REFUSED', `${source}: no token for installation ${installation}: GitHub answers ${status} ${message}`);
  };
  return new AppAuth({ app, secret, clock, exchange });
}

/**
 * docs.github.com "Getting started with the REST API": a host of its own at github.com and for GitHub Enterprise Cloud with data residency
 * (`https://api.SUBDOMAIN.ghe.com`), a path on a GitHub Enterprise Server.
 */
function apiUrlOf(url: string, given: string | undefined): string {
  const { protocol, host, pathname } = new URL(given ?? url);
  const base = `${protocol}//${host}${pathname.replace(/\/+$/, '')}`;
  if (given !== undefined) return base;
  return host === 'github.com' || host.endsWith('.ghe.com') ? `${protocol}//api.${host}` : `${base}/api/v3`;
}
