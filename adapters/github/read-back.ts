import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { Repository, Standing } from './api-answers.ts';
import { ApiCall } from './api-call.ts';
import { AppAuth } from './app-auth.ts';
import { GithubClient } from './client.ts';
import { tokenCredentials, type Credentials, type ReadSecret } from './credentials.ts';
import { readRange } from './read-range.ts';
import { readHeads, readTags } from './read-refs.ts';
import type { GithubApi } from './schema.ts';

export interface ApiReadBackOptions {
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
}

/** Reads back through GitHub's REST API, github.com's or that of a GitHub Enterprise Server. */
export function createApiReadBack(options: ApiReadBackOptions): ReadBack {
  const { source, clock, log, env } = options;
  const baseUrl = apiUrlOf(options.url, options.api.url);
  const client = new GithubClient({ source, baseUrl, clock, log, env, credentials: (own) => credentialsOf(options, own) });
  const call = (repository: string): ApiCall => new ApiCall(client, clock, repository);
  return {
    by: 'api',
    heads: async (repository, refs) => readHeads(call(repository), refs),
    tags: async (repository) => readTags(call(repository)),
    isAncestor: async (repository, ancestor, descendant) => isAncestor(call(repository), ancestor, descendant),
    range: async (repository, base, head) => readRange(call(repository), base, head),
  };
}

/** The second page leaves out the files, which nobody asked for here. */
async function isAncestor(call: ApiCall, ancestor: string, descendant: string): Promise<boolean | undefined> {
  const parameters = { basehead: `${ancestor}...${descendant}`, per_page: 1, page: 2 };
  const found = await call.find(Standing, '/compare/{basehead}', parameters);
  if ('data' in found) return found.data.status === 'ahead' || found.data.status === 'identical';
  const { status, message } = found.missing;
  if (status !== 404 && status !== 422) return call.refuse(found.missing);
  if (/no common ancestor/i.test(message)) return false;
  await call.get(Repository, '');
  return undefined;
}

function credentialsOf({ source, api, secret, clock }: ApiReadBackOptions, client: GithubClient): Credentials {
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
