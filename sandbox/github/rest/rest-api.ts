import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pause, type Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { accountRoutes } from '#sandbox/github/rest/account-routes.ts';
import { notFound, ok, RestError, type Answer } from '#sandbox/github/rest/answer.ts';
import type { Call, Caller, RepositoryCall, RepositoryView, Route } from '#sandbox/github/rest/call.ts';
import { appRoutes } from '#sandbox/github/rest/app-routes.ts';
import { Credentials, type Identity } from '#sandbox/github/rest/credentials.ts';
import { refusalOf, RestFaults, type Fault } from '#sandbox/github/rest/faults.ts';
import { graphqlRoutes } from '#sandbox/github/rest/graphql-routes.ts';
import { hookRoutes, type HookScope } from '#sandbox/github/rest/hook-routes.ts';
import { Ledger } from '#sandbox/github/rest/ledger.ts';
import { RateLimit } from '#sandbox/github/rest/rate-limit.ts';
import { readJson } from '#sandbox/github/rest/read-json.ts';
import { Records } from '#sandbox/github/rest/records.ts';
import { repositoryRoutes } from '#sandbox/github/rest/repository-routes.ts';
import { send, sendable } from '#sandbox/github/rest/send-answer.ts';
import { teamRoutes, type Teams } from '#sandbox/github/rest/team-routes.ts';
import type { Webhook } from '#sandbox/github/webhook.ts';

/** A request as it was seen. */
export interface SeenRequest {
  readonly method: string;
  /** Below the API's URL, with the query. */
  readonly path: string;
  /** It carried `If-None-Match`. */
  readonly conditional: boolean;
  readonly authorization: string | undefined;
  /** What it was answered; 0 while it is not. */
  status: number;
}

interface RestSettings {
  /** Entries that one tree lists before it is `truncated`. */
  treeEntries: number;
  hookScopes: readonly HookScope[];
}

/** Where the API finds the repositories. */
export interface RepositoryIndex {
  /** By `owner/name`, or by the name that it had before: then `moved` is set. */
  byName(name: string): { readonly repository: RepositoryView; readonly moved: boolean } | undefined;
  byId(id: number): RepositoryView | undefined;
  all(): readonly RepositoryView[];
}

export interface RestApiOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly repositories: RepositoryIndex;
  readonly webhook: Webhook;
  /** `<server>/api/v3`, known when it listens. */
  readonly apiUrl: () => string;
}

const NO_USER_AGENT = 'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.';

/** GitHub's REST API over real repositories, as a GitHub Enterprise Server has it. */
export class RestApi {
  readonly faults = new RestFaults();
  readonly rateLimit: RateLimit;
  readonly credentials: Credentials;
  readonly records: Records;
  readonly ledger: Ledger;
  readonly teams: Teams = new Map();
  readonly settings: RestSettings = {
    treeEntries: limits.sandbox.rest.treeEntries,
    hookScopes: ['repository', 'organization', 'app'],
  };
  readonly seen: SeenRequest[] = [];
  readonly #options: RestApiOptions;
  readonly #repositoryRoutes: readonly Route<RepositoryCall>[];
  readonly #serverRoutes: readonly Route[];

  constructor(options: RestApiOptions) {
    this.#options = options;
    this.rateLimit = new RateLimit(options.clock);
    this.credentials = new Credentials(options.clock);
    this.records = new Records(options.clock);
    this.ledger = new Ledger(options.clock);
    const hooks = hookRoutes(options.webhook, this.settings);
    this.#repositoryRoutes = [...hooks.repository, ...repositoryRoutes(this.records, this.ledger, this.settings)];
    this.#serverRoutes = [
      ...accountRoutes,
      ...appRoutes(this.credentials),
      ...teamRoutes(this.teams),
      ...hooks.server,
      ...graphqlRoutes({ repositories: () => options.repositories.all(), records: this.records, ledger: this.ledger }),
    ];
  }

  /** @throws Error when there is no repository of that name */
  idOf(repository: string): number {
    const found = this.#options.repositories.byName(repository);
    if (found === undefined) throw new Error(`there is no repository ${repository}`);
    return found.repository.id;
  }

  /** @param target path and query below the API's URL */
  async handle(request: IncomingMessage, response: ServerResponse, target: string): Promise<void> {
    const seen = this.#note(request, target);
    const fault = this.faults.take(readable(target));
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'slow') await pause(this.#options.clock, fault.ms);
    const answer = await this.#answer(request, target, fault).catch((error: unknown) => this.#failure(error, target));
    const result = sendable(request, answer);
    if (result.status === 304) this.rateLimit.giveBack();
    seen.status = result.status;
    send(response, { ...result, headers: { ...this.#headers(request), ...result.headers } }, fault?.kind === 'cut');
  }

  #note(request: IncomingMessage, path: string): SeenRequest {
    const { authorization, 'if-none-match': known } = request.headers;
    const seen = { method: request.method ?? 'GET', path, conditional: known !== undefined, authorization, status: 0 };
    this.seen.push(seen);
    if (this.seen.length > limits.sandbox.remembered) this.seen.shift();
    return seen;
  }

  async #answer(request: IncomingMessage, target: string, fault: Fault | undefined): Promise<Answer> {
    const refusal = fault === undefined ? undefined : refusalOf(fault);
    if (refusal !== undefined) throw refusal;
    if (request.headers['user-agent'] === undefined) throw new RestError(403, NO_USER_AGENT);
    const body = await readJson(request);
    const [path = ''] = target.split('?');
    const who = this.credentials.identify(request.headers.authorization, /^\/app(\/|$)/.test(path));
    if (path === '/rate_limit') return ok(this.#rates(), tokenHeaders(who.caller));
    this.rateLimit.count();
    const answer = await this.#route(request.method ?? 'GET', target, who, body);
    return { ...answer, headers: { ...tokenHeaders(who.caller), ...answer.headers } };
  }

  async #route(method: string, target: string, who: Identity, body: unknown): Promise<Answer> {
    const { apiUrl, clock } = this.#options;
    const url = new URL(`${apiUrl()}${target}`);
    const call = { params: [], url, body, ...who, clock, api: apiUrl() };
    const [path = ''] = target.split('?');
    const [, inside] = /^(\/repos\/[^/]+\/[^/]+|\/repositories\/\d+)(?:\/|$)/.exec(path) ?? [];
    if (inside === undefined) return pick(this.#serverRoutes, method, path, call);
    const found = this.#find(inside);
    const below = target.slice(inside.length);
    const canonical = `${apiUrl()}/repositories/${found.repository.id}${below}`;
    if (found.moved) return movedTo(canonical, method);
    return pick(this.#repositoryRoutes, method, path.slice(inside.length), {
      ...call,
      url: new URL(canonical),
      repository: found.repository,
    });
  }

  /** @throws RestError 404 */
  #find(path: string): { readonly repository: RepositoryView; readonly moved: boolean } {
    const { repositories } = this.#options;
    const [, kind = '', ...name] = decode(path).split('/');
    const byId = kind === 'repositories' ? repositories.byId(Number(name[0])) : undefined;
    const found = byId === undefined ? repositories.byName(name.join('/')) : { repository: byId, moved: false };
    if (found === undefined) throw notFound();
    return found;
  }

  #rates(): object {
    const core = this.rateLimit.state;
    return { resources: { core, search: { ...core, limit: 30, remaining: 30, used: 0 } }, rate: core };
  }

  #headers(request: IncomingMessage): Readonly<Record<string, string>> {
    const { 'x-github-api-version': version } = request.headers;
    return {
      ...this.rateLimit.headers,
      'x-github-media-type': 'github.v3; format=json',
      'x-github-request-id': randomUUID(),
      'x-github-enterprise-version': '3.20.0',
      ...(typeof version === 'string' ? { 'x-github-api-version-selected': version } : {}),
    };
  }

  #failure(error: unknown, target: string): Answer {
    if (error instanceof RestError) return error.answer;
    this.#options.log.error('the simulated GitHub failed', { path: target, error: messageOf(error) });
    return new RestError(500, 'Server Error').answer;
  }
}

/** What every answer says of a person's token. */
function tokenHeaders({ type, scopes, expiresAt }: Caller): Readonly<Record<string, string>> {
  if (type !== 'User') return {};
  const end = expiresAt === undefined ? undefined : new Date(expiresAt).toISOString().replace('T', ' ').slice(0, 19);
  return {
    ...(scopes === null ? {} : { 'x-oauth-scopes': scopes.join(', ') }),
    ...(end === undefined ? {} : { 'github-authentication-token-expiration': `${end} UTC` }),
  };
}

function pick<C extends Call>(routes: readonly Route<C>[], method: string, path: string, call: C): Answer | Promise<Answer> {
  for (const route of routes) {
    const found = route.method === method ? route.pattern.exec(path) : null;
    if (found !== null) return route.answer({ ...call, params: found.slice(1).map((each) => decode(each)) });
  }
  throw notFound();
}

/** A repository that has another name now (docs.github.com "Best practices for using the REST API": follow redirects). */
function movedTo(url: string, method: string): Answer {
  return new RestError(method === 'GET' ? 301 : 307, 'Moved Permanently', { headers: { location: url }, fields: { url } }).answer;
}

/** A path as faults know it. */
function readable(target: string): string {
  const [path = ''] = target.split('?');
  return path.replaceAll('%2F', '/');
}

/** @throws RestError 400 for what is no percent-encoding */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RestError(400, 'Bad Request');
  }
}
