import { z } from 'zod';
import { askedWithin, boundedFetch, type BoundedFetch, type FetchInit, type Fetched } from '#adapters/http-fetch.ts';
import { backOff, pause, type Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { parseJson } from '#core/json.ts';
import { LimitGate } from '#core/limit-gate.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { Slots } from '#core/slots.ts';
import type { Credentials } from './credentials.ts';
import { EtagCache } from './etag-cache.ts';
import { limitedFor } from './limited-for.ts';

const { attempts, concurrency, requestTimeout, retryBase, retryCap } = limits.github;

export interface GithubClientOptions {
  /** `spec.sources[].name`, for messages. */
  readonly source: string;
  /** `https://api.github.com`, or `https://github.example.com/api/v3`. */
  readonly baseUrl: string;
  readonly credentials: (client: GithubClient) => Credentials;
  readonly clock: Clock;
  readonly log: Log;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends whatever is asked. */
  readonly stopping?: AbortSignal | undefined;
  /** Told of every answer: its status, `error` without one, and how many requests GitHub still takes, where it says so. */
  readonly onAnswer?: (code: string, remaining: number | null) => void;
}

/** A route of GitHub's REST API in Octokit's notation, `GET /repos/{owner}/{repo}`, and what fills it in; the rest becomes the query. */
export type Parameters = Readonly<Record<string, string | number | Readonly<Record<string, readonly string[]>>>>;

export interface RestAnswer {
  readonly status: number;
  /** Parsed JSON of a success, not looked at yet. */
  readonly data: unknown;
  /** GitHub's own words when it refuses. */
  readonly message: string;
  readonly header: (name: string) => string | undefined;
  readonly url: string;
}

export interface Asking {
  /** Monotonic moment past which nothing is asked again. */
  readonly until: number;
  /** Authorization header instead of that of the credentials. */
  readonly authorization?: string;
  /** Deliveries have ids that are larger than what a number holds exactly: they become strings. */
  readonly largeIds?: boolean;
}

/** Statuses that say something about what was asked for, not about GitHub: the one who asks knows what they mean. */
const telling: readonly number[] = [403, 404, 409, 410, 422, 451];

type Request = (route: string, parameters: Record<string, unknown>) => Promise<unknown>;

/**
 * GitHub's REST API within bounds: few requests at once, each with a time limit and of bounded size, retried a few times with jitter
 * when GitHub fails or does not answer, and none at all while GitHub says that it was asked too often.
 */
export class GithubClient {
  readonly #options: GithubClientOptions;
  readonly #credentials: Credentials;
  readonly #gate: LimitGate;
  readonly #slots = new Slots(concurrency);
  readonly #etags = new EtagCache();
  readonly #renamed = new Set<string>();
  readonly #fetch: BoundedFetch;
  #request: Promise<Request> | undefined;

  constructor(options: GithubClientOptions) {
    this.#options = options;
    this.#gate = new LimitGate(options.clock, options.source, limits.github.limitedMax);
    this.#fetch = boundedFetch(options.baseUrl, options.env, limits.github);
    this.#credentials = options.credentials(this);
  }

  /** Route of GraphQL (docs.github.com "Forming calls with GraphQL"; on a GitHub Enterprise Server beside `/api/v3`). */
  get graphql(): string {
    return `POST ${this.#options.baseUrl.replace(/\/api\/v3$/, '/api')}/graphql`;
  }

  /** Loads what the first request would wait for. */
  async prepare(): Promise<void> {
    await (this.#request ??= this.#octokit());
  }

  /**
   * Asks until there is an answer that says something: a success or one of 403, 404, 409, 410, 422, 451.
   * @throws HeadgateError SOURCE_UNREACHABLE, SOURCE_LIMITED, SOURCE_REFUSED
   */
  async send(route: string, parameters: Parameters, asking: Asking): Promise<RestAnswer> {
    const { clock, stopping } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#attempt(route, parameters, asking);
      if (!(answer instanceof Error)) return this.#noted(answer, parameters, asking);
      const wait = answer instanceof TokenRefused ? 0 : backOff(clock, attempt, retryBase, retryCap);
      const isOver = attempt + 1 >= attempts || clock.monotonic() + wait >= asking.until;
      if (!isOver && wait > 0) await pause(clock, wait, stopping);
      if (isOver || stopping?.aborted) throw this.#unreachable(route, answer);
    }
  }

  /** What may be tried again comes back as an error. */
  async #attempt(route: string, parameters: Parameters, asking: Asking): Promise<RestAnswer | Error> {
    const authorization = asking.authorization ?? (await this.#credentials.authorization());
    const answer = await this.#slots.run(() => this.#exchange(route, parameters, { ...asking, authorization }));
    this.#tell(answer);
    if (answer instanceof Error) return answer;
    this.#gate.close(limitedFor(answer, this.#options.clock));
    if (answer.status === 401) return this.#refused(authorization, asking, answer.message);
    if (answer.status < 300 || telling.includes(answer.status)) return answer;
    return new Error(`it answers ${answer.status}`);
  }

  #tell(answer: RestAnswer | Error): void {
    const { onAnswer } = this.#options;
    if (answer instanceof Error) return onAnswer?.('error', null);
    const remaining = answer.header('x-ratelimit-remaining') ?? '';
    onAnswer?.(String(answer.status), /^\d{1,9}$/.test(remaining) ? Number(remaining) : null);
  }

  /** Credentials that can be renewed are, which is one more attempt. */
  #refused(authorization: string, asking: Asking, message: string): Error {
    if (asking.authorization === undefined && this.#credentials.refused(authorization))
      return new TokenRefused('it takes the token no more');
    throw new HeadgateError('SOURCE_REFUSED', `${this.#options.source} refuses the credentials: ${message}`);
  }

  async #exchange(route: string, parameters: Parameters, asking: Asking & { readonly authorization: string }): Promise<RestAnswer | Error> {
    this.#gate.pass();
    const { clock, stopping } = this.#options;
    return askedWithin({ clock, stopping, until: asking.until, requestTimeout }, (signal) =>
      this.#answer(route, parameters, asking, signal),
    );
  }

  async #answer(
    route: string,
    parameters: Parameters,
    { authorization, largeIds }: Asking & { readonly authorization: string },
    signal: AbortSignal,
  ): Promise<RestAnswer | Error> {
    const request = await (this.#request ??= this.#octokit());
    try {
      const headers = { authorization, 'x-github-api-version': '2022-11-28' };
      return succeeded(await request(route, { ...parameters, headers, request: { signal } }), largeIds);
    } catch (error) {
      const refused = refusal(error);
      if (refused) return refused;
      throw error;
    }
  }

  /** Octokit is loaded when it is needed: a server that reads nothing back by API does without it. */
  async #octokit(): Promise<Request> {
    const { Octokit } = await import('@octokit/rest');
    const quiet = { debug() {}, info() {}, error() {}, warn: (message: string) => this.#options.log.debug(message) };
    const fetch = (url: string, init: FetchInit): Promise<Fetched> => this.#conditional(url, init);
    const { request } = new Octokit({
      baseUrl: this.#options.baseUrl,
      userAgent: 'headgate',
      log: quiet,
      request: { fetch, log: quiet, parseSuccessResponseBody: false },
    });
    return (route, parameters) => request(route, parameters);
  }

  /** Asks only for what has changed since. */
  async #conditional(url: string, init: FetchInit): Promise<Fetched> {
    if (init.method !== 'GET') return this.#fetch(url, init);
    const known = this.#etags.get(url);
    const headers = known === undefined ? init.headers : { ...init.headers, 'if-none-match': known.etag };
    const answer = await this.#fetch(url, { ...init, ...(headers ? { headers } : {}) });
    // RFC 9111 §4.3.4: what a 304 says of limits and of the time is newer than what was stored.
    const newer = new Map([...(known?.answer.headers ?? []), ...answer.headers]);
    if (answer.status === 304 && known !== undefined) return { ...known.answer, url: answer.url, headers: newer };
    const etag = answer.headers.get('etag');
    if (answer.status === 200 && etag !== undefined) this.#etags.set(url, { etag, answer });
    return answer;
  }

  /** Tells once of a repository that GitHub answers for under another name. */
  async #noted(answer: RestAnswer, { owner, repo }: Parameters, asking: Asking): Promise<RestAnswer> {
    const { baseUrl, log, source } = this.#options;
    if (typeof owner !== 'string' || typeof repo !== 'string') return answer;
    const repository = `${owner}/${repo}`;
    const [, id] = !answer.url.startsWith(`${baseUrl}/repositories/`) ? [] : (/\/repositories\/(\d+)/.exec(answer.url) ?? []);
    if (id === undefined || this.#renamed.has(repository) || this.#renamed.size >= limits.github.renamed) return answer;
    this.#renamed.add(repository);
    const named = z.object({ full_name: z.string() }).safeParse((await this.send('GET /repositories/{id}', { id }, asking)).data);
    const now = named.data?.full_name ?? `number ${id}`;
    log.warn('a repository has another name now; the clusters and the policies know the old one', { source, repository, now });
    return answer;
  }

  #unreachable(route: string, cause: Error): HeadgateError {
    return new HeadgateError('SOURCE_UNREACHABLE', `${this.#options.source}: ${route}: ${cause.message}`, { cause });
  }
}

/** A new one can be had: there is nothing to wait for. */
class TokenRefused extends Error {}

const Success = z.object({ status: z.int(), url: z.string(), headers: z.record(z.string(), z.unknown()), data: z.unknown() });
const Refusal = z.object({ response: Success });
const Message = z.object({ message: z.string() });

function succeeded(answer: unknown, largeIds = false): RestAnswer | Error {
  const { status, url, headers, data } = Success.parse(answer);
  try {
    const json = data instanceof Uint8Array ? parseJson(largeIds ? withTextIds(data) : data, limits.http.jsonDepth) : undefined;
    return { status, url, data: json, message: '', header: headerIn(headers) };
  } catch (error) {
    return new Error(`its answer cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Within a string of JSON every quote is escaped, so that this finds keys only. */
function withTextIds(json: Uint8Array): Uint8Array {
  return Buffer.from(
    Buffer.from(json)
      .toString('utf8')
      .replaceAll(/"id":\s*(\d+)/g, '"id":"$1"'),
    'utf8',
  );
}

/** Octokit throws what is no success, with the answer. */
function refusal(error: unknown): RestAnswer | undefined {
  const parsed = Refusal.safeParse(error);
  if (!parsed.success) return undefined;
  const { status, url, headers, data } = parsed.data.response;
  const message = (Message.safeParse(data).data?.message ?? '').slice(0, limits.hint.headerChars);
  return { status, url, data: undefined, message, header: headerIn(headers) };
}

function headerIn(headers: Readonly<Record<string, unknown>>): RestAnswer['header'] {
  return (name) => {
    const value = headers[name];
    return typeof value === 'string' ? value : undefined;
  };
}
