import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { pipeline, type Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, gunzip } from 'node:zlib';
import type { Clock } from '#core/clock.ts';
import { collectBytes } from '#core/collect-bytes.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { proxiesOf } from '#core/proxies.ts';

/** As much of fetch's Response as clients read; `body` holds all of it. */
export interface Fetched {
  readonly status: number;
  readonly statusText: string;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  /** Lower-case name → value. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

export interface FetchInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export type BoundedFetch = (url: string, init?: FetchInit) => Promise<Fetched>;

type Env = Readonly<Record<string, string | undefined>>;

export interface FetchBounds {
  /** Connections that are kept at most. */
  readonly concurrency: number;
  /** That one request may lead to. */
  readonly redirects: number;
  /** Of one answer, unpacked. */
  readonly responseBytes: number;
}

/**
 * A fetch that reads no more than its bounds allow, keeps few connections, goes through the proxies that `env` names
 * (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), and follows redirects only to what lies under the same base, where credentials stay,
 * and only those that ask the same again: 301 and 302 may make a GET of something else.
 * @param base URL of the API
 */
export function boundedFetch(base: string, env: Env, { concurrency, redirects, responseBytes }: FetchBounds): BoundedFetch {
  const { agent, send } = connections(base, env, concurrency);
  return async (url, init = {}) => {
    for (let at = url, hop = 0; ; hop++) {
      const response = await responseTo((sent) => send(at, sent), agent, init);
      const answer = await fetched(at, response, responseBytes);
      const next = redirectOf(answer, at, base, init.method);
      if (next === undefined) return answer;
      if (hop >= redirects) throw new Error(`more than ${redirects} redirects`);
      at = next;
    }
  };
}

function connections(base: string, env: Env, concurrency: number) {
  const { protocol } = new URL(base);
  const options = { keepAlive: true, maxSockets: concurrency, proxyEnv: proxiesOf(env) };
  return protocol === 'http:'
    ? { agent: new HttpAgent(options), send: httpRequest }
    : { agent: new HttpsAgent(options), send: httpsRequest };
}

/** An answer whose body is still to be read, or to be destroyed. */
export interface Streamed extends Pick<Fetched, 'status' | 'headers'> {
  /** Unpacked where it was sent packed. */
  readonly body: Readable;
}

export type StreamedFetch = (url: string, init?: FetchInit) => Promise<Streamed>;

/** As boundedFetch, for whoever bounds what is read: the body comes as it is sent. Follows no redirects. */
export function streamedFetch(base: string, env: Env, concurrency: number): StreamedFetch {
  const { agent, send } = connections(base, env, concurrency);
  return async (url, init = {}) => {
    const response = await responseTo((sent) => send(url, sent), agent, init);
    const headers = headersOf(response);
    // What goes wrong destroys the last of them, which is the one that is read.
    const body = headers.get('content-encoding') === 'gzip' ? pipeline(response, createGunzip(), () => {}) : response;
    return { status: response.statusCode ?? 0, headers, body };
  };
}

export interface AskingTime {
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  /** Ends whatever is asked. */
  readonly stopping?: AbortSignal | undefined;
  /** Monotonic moment past which nothing is asked. */
  readonly until: number;
  /** Of one request with its answer, milliseconds. */
  readonly requestTimeout: number;
}

/**
 * One request with its answer within its time.
 * @returns what comes of `ask`, or an error: that may be tried again
 * @throws HeadgateError those of `ask`: they are about what was asked
 */
export async function askedWithin<T>(
  { clock, stopping, until, requestTimeout }: AskingTime,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T | Error> {
  const left = Math.min(requestTimeout, until - clock.monotonic());
  if (left <= 0) return new Error('there was no time left to ask');
  if (stopping?.aborted) return new Error('the server stops');
  const stop = new AbortController();
  const cancel = clock.after(left, () => stop.abort(new Error(`no answer within ${Math.round(left)} ms`)));
  const end = (): void => stop.abort(new Error('the server stops'));
  stopping?.addEventListener('abort', end, { once: true });
  try {
    return await ask(stop.signal);
  } catch (error) {
    if (error instanceof HeadgateError) throw error;
    return stop.signal.aborted ? (stop.signal.reason as Error) : new Error(messageOf(error), { cause: error });
  } finally {
    cancel();
    stopping?.removeEventListener('abort', end);
  }
}

/**
 * For how long nothing is to be asked, milliseconds; undefined when the answer is about something else: 429, and a 503 that says when to come
 * back (RFC 9110 §15.6.4).
 * @param otherwise where a 429 names no moment
 */
export function tooOftenFor(
  { status, headers }: Pick<Fetched, 'status' | 'headers'>,
  clock: Pick<Clock, 'now'>,
  otherwise: number,
): number | undefined {
  const after = headers.get('retry-after');
  if (status !== 429 && (status !== 503 || after === undefined)) return undefined;
  // Seconds, or a date (RFC 9110 §10.2.3).
  if (after !== undefined && /^\d{1,9}$/.test(after)) return Number(after) * 1_000;
  const at = Date.parse(after ?? '');
  return Number.isNaN(at) ? otherwise : at - clock.now();
}

type Send = (options: RequestOptions) => ReturnType<typeof httpRequest>;

/** The other side may close a connection that was kept just when it is used again: then what only reads is asked again at once. */
async function responseTo(send: Send, agent: HttpAgent | HttpsAgent, init: FetchInit): Promise<IncomingMessage> {
  const first = exchange(send, agent, init);
  try {
    return await first.response;
  } catch (error) {
    if ((init.method ?? 'GET') !== 'GET' || !first.request.reusedSocket || init.signal?.aborted) throw error;
    return exchange(send, agent, init).response;
  }
}

function exchange(send: Send, agent: HttpAgent | HttpsAgent, init: FetchInit) {
  const { promise: response, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { ...init.headers, 'accept-encoding': 'gzip' };
  const signal = init.signal === undefined ? {} : { signal: init.signal };
  const request = send({ agent, method: init.method ?? 'GET', headers, ...signal });
  request.on('error', reject);
  request.on('response', resolve);
  request.end(init.body);
  return { request, response };
}

async function fetched(url: string, response: IncomingMessage, responseBytes: number): Promise<Fetched> {
  const headers = headersOf(response);
  // An answer that ends early rejects as `aborted`.
  const raw = await collectBytes(response, responseBytes);
  const body = headers.get('content-encoding') === 'gzip' ? await unzip(raw, { maxOutputLength: responseBytes }) : raw;
  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? '',
    url,
    headers,
    body,
    text: () => Promise.resolve(body.toString('utf8')),
    arrayBuffer: () => Promise.resolve(new Uint8Array(body).buffer),
  };
}

/** Lower-case name → value. */
export function headersOf({ headers }: IncomingMessage): ReadonlyMap<string, string> {
  return new Map(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

const unzip = promisify(gunzip);

/** Renamed repositories are answered with 301, 302 or 307 (docs.github.com "Best practices for using the REST API", redirects). */
function redirectOf(answer: Fetched, from: string, base: string, method = 'GET'): string | undefined {
  if (!(method === 'GET' ? [301, 302, 307, 308] : KEEP_METHOD).includes(answer.status)) return undefined;
  const location = answer.headers.get('location') ?? '';
  const next = URL.canParse(location, from) ? new URL(location, from).href : '';
  if (!next.startsWith(`${base}/`)) throw new Error('redirects away from the API');
  return next;
}

/** RFC 9110, 15.4.8 and 15.4.9: what was asked is asked again, with its body, at another address. */
const KEEP_METHOD: readonly number[] = [307, 308];
