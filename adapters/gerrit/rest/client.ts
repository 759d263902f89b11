import type { z } from 'zod';
import { askedWithin, boundedFetch, tooOftenFor, type BoundedFetch, type Fetched } from '#adapters/http-fetch.ts';
import { backOff, pause, type Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { LimitGate } from '#core/limit-gate.ts';
import { limits } from '#core/limits.ts';
import { Slots } from '#core/slots.ts';
import { jsonOf, messageIn, parsed } from './answer.ts';

const { attempts, concurrency, limitedDefault, requestTimeout, retryBase, retryCap, callTimeout } = limits.gerritRest;

/** What Gerrit has, or what it said instead: 400, 403, 404, 405, 409, 412 or 422 with a text. */
export type Found<T> = { readonly data: T } | { readonly missing: Missing };

export interface Missing {
  readonly status: number;
  /** Gerrit's own words, one line. */
  readonly message: string;
}

export interface Asking {
  /** Monotonic moment past which nothing is asked again; default: limits.gerritRest.callTimeout from now. */
  readonly until?: number;
}

/**
 * Gerrit's REST API, authenticated (`/a`), within bounds. Paths are those of paths.ts, with their query. Every method rejects with
 * SOURCE_UNREACHABLE (out of reach, slow, not Gerrit, an answer that is not as documented), SOURCE_LIMITED (asked too often) or
 * SOURCE_REFUSED (the credentials). GETs are retried a few times, what writes never is.
 */
export interface GerritClient {
  get<T>(schema: z.ZodType<T>, path: string, asking?: Asking): Promise<Found<T>>;
  /** With the header `Date` of the answer, of which a clock is known. */
  dated<T>(schema: z.ZodType<T>, path: string, asking?: Asking): Promise<Found<{ readonly value: T; readonly date: string | undefined }>>;
  /** A body that is no JSON: those of plugins. */
  text(path: string, asking?: Asking): Promise<Found<string>>;
  put<T>(schema: z.ZodType<T>, path: string, body: unknown, asking?: Asking): Promise<Found<T>>;
  post<T>(schema: z.ZodType<T>, path: string, body: unknown, asking?: Asking): Promise<Found<T>>;
  delete(path: string, asking?: Asking): Promise<Found<undefined>>;
}

export interface GerritClientOptions {
  /** `spec.sources[].name`, for messages. */
  readonly source: string;
  /** `spec.sources[].url`. */
  readonly url: string;
  readonly user: string;
  /** The token as it is now: asked for before each request, so that it can be rotated. */
  readonly token: () => Buffer;
  readonly clock: Clock;
  /** For the proxies that it names. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends whatever is asked. */
  readonly stopping?: AbortSignal | undefined;
  /** Told of every answer: its status, or `error` without one. */
  readonly onAnswer?: ((code: string, remaining: number | null) => void) | undefined;
}

export function createGerritClient(options: GerritClientOptions): GerritClient {
  return new RestClient(options);
}

/** What must be there. @throws HeadgateError SOURCE_REFUSED with Gerrit's words. @param what names it: `change 42 of org/app` */
export function present<T>(found: Found<T>, what: string): T {
  if ('data' in found) return found.data;
  const { status, message } = found.missing;
  throw new HeadgateError('SOURCE_REFUSED', `${what}: Gerrit answers ${status}${message === '' ? '' : ` ${message}`}`);
}

/** Statuses that say something about what was asked for, not about Gerrit: whoever asks knows what they mean. */
const telling: readonly number[] = [400, 403, 404, 405, 409, 412, 422];

interface Request {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
}

class RestClient implements GerritClient {
  readonly #options: GerritClientOptions;
  /** `https://review.example.com/a`. */
  readonly #base: string;
  readonly #fetch: BoundedFetch;
  readonly #gate: LimitGate;
  readonly #slots = new Slots(concurrency);

  constructor(options: GerritClientOptions) {
    this.#options = options;
    this.#base = `${options.url.replace(/\/+$/, '')}/a`;
    this.#fetch = boundedFetch(this.#base, options.env, limits.gerritRest);
    this.#gate = new LimitGate(options.clock, options.source, limits.gerritRest.limitedMax);
  }

  get<T>(schema: z.ZodType<T>, path: string, asking?: Asking): Promise<Found<T>> {
    return this.#json(schema, { method: 'GET', path }, asking);
  }

  put<T>(schema: z.ZodType<T>, path: string, body: unknown, asking?: Asking): Promise<Found<T>> {
    return this.#json(schema, { method: 'PUT', path, body }, asking);
  }

  post<T>(schema: z.ZodType<T>, path: string, body: unknown, asking?: Asking): Promise<Found<T>> {
    return this.#json(schema, { method: 'POST', path, body }, asking);
  }

  async dated<T>(schema: z.ZodType<T>, path: string, asking?: Asking) {
    const request = { method: 'GET', path } as const;
    const found = await this.#send(request, asking);
    return 'data' in found ? { data: { value: this.#parsed(schema, request, found.data), date: found.data.headers.get('date') } } : found;
  }

  async text(path: string, asking?: Asking): Promise<Found<string>> {
    const found = await this.#send({ method: 'GET', path }, asking);
    return 'data' in found ? { data: found.data.body.toString('utf8') } : found;
  }

  async delete(path: string, asking?: Asking): Promise<Found<undefined>> {
    const found = await this.#send({ method: 'DELETE', path }, asking);
    return 'data' in found ? { data: undefined } : found;
  }

  async #json<T>(schema: z.ZodType<T>, request: Request, asking: Asking | undefined): Promise<Found<T>> {
    const found = await this.#send(request, asking);
    return 'data' in found ? { data: this.#parsed(schema, request, found.data) } : found;
  }

  #parsed<T>(schema: z.ZodType<T>, request: Request, { body }: Fetched): T {
    try {
      return parsed(schema, jsonOf(body));
    } catch (error) {
      throw this.#unreachable(request, error);
    }
  }

  /** Asks until there is an answer that says something. */
  async #send(request: Request, asking: Asking = {}): Promise<Found<Fetched>> {
    const { clock, stopping } = this.#options;
    const until = asking.until ?? clock.monotonic() + callTimeout;
    const most = request.method === 'GET' ? attempts : 1;
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#slots.run(() => this.#attempt(request, until));
      if (!(answer instanceof Error)) return answer;
      const wait = backOff(clock, attempt, retryBase, retryCap);
      const isOver = attempt + 1 >= most || clock.monotonic() + wait >= until || stopping?.aborted === true;
      if (!isOver) await pause(clock, wait, stopping);
      if (isOver || stopping?.aborted) throw this.#unreachable(request, answer);
    }
  }

  /** What may be tried again comes back as an error. */
  async #attempt(request: Request, until: number): Promise<Found<Fetched> | Error> {
    this.#gate.pass();
    const answer = await this.#exchange(request, until);
    this.#options.onAnswer?.(answer instanceof Error ? 'error' : String(answer.status), null);
    if (answer instanceof Error) return answer;
    // 429 is of its quota plugins, and of proxies in front of it.
    this.#gate.close(tooOftenFor(answer, this.#options.clock, limitedDefault));
    if (answer.status === 401) throw this.#refused();
    if (answer.status < 300) return { data: answer };
    const message = messageIn(answer.body);
    return telling.includes(answer.status) ? { missing: { status: answer.status, message } } : new Error(`it answers ${answer.status}`);
  }

  async #exchange({ method, path, body }: Request, until: number): Promise<Fetched | Error> {
    const headers = { authorization: this.#authorization(), accept: 'application/json', 'user-agent': 'headgate' };
    const json = body === undefined ? undefined : JSON.stringify(body);
    const sent =
      json === undefined ? { headers } : { headers: { ...headers, 'content-type': 'application/json; charset=UTF-8' }, body: json };
    const { clock, stopping } = this.#options;
    return askedWithin({ clock, stopping, until, requestTimeout }, (signal) =>
      this.#fetch(`${this.#base}${path}`, { method, ...sent, signal }),
    );
  }

  /** RFC 7617: UTF-8, so that nothing in a token ends the header. @throws HeadgateError SOURCE_REFUSED without a usable token */
  #authorization(): string {
    const { user, token } = this.#options;
    try {
      return `Basic ${Buffer.concat([Buffer.from(`${user}:`, 'utf8'), token()]).toString('base64')}`;
    } catch (cause) {
      throw new HeadgateError('SOURCE_REFUSED', `no credentials: ${messageOf(cause)}`, { cause });
    }
  }

  #refused(): HeadgateError {
    const { source, user } = this.#options;
    return new HeadgateError(
      'SOURCE_REFUSED',
      `${source} refuses the credentials of ${user}: the token is wrong, has expired or was deleted`,
      {
        hint: 'Make a token for that account (Settings, HTTP Credentials; or PUT /accounts/self/tokens/{id}) and put it where spec.sources[].http.token says.',
      },
    );
  }

  /** The query may be long; the path says what was asked for. */
  #unreachable({ method, path }: Request, cause: unknown): HeadgateError {
    const asked = `${method} ${path.split('?')[0] ?? ''}`;
    return new HeadgateError('SOURCE_UNREACHABLE', `${this.#options.source}: ${asked}: ${messageOf(cause)}`, { cause });
  }
}
