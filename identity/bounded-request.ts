import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Clock } from '#core/clock.ts';
import { collectBytes } from '#core/collect-bytes.ts';
import { limits } from '#core/limits.ts';
import { proxiesOf } from '#core/proxies.ts';
import { checkAddress, publicLookup } from '#identity/public-address.ts';

const { requestTimeout, documentBytes } = limits.identity;

/** What an issuer answers, redirects and errors included. */
export interface BoundedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface BoundedQuestion {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends a request to an issuer. Rejects with an Error in a few words. */
export type BoundedRequest = (url: string, question: BoundedQuestion) => Promise<BoundedAnswer>;

export interface BoundedRequestOptions {
  readonly clock: Clock;
  /** What says which proxies to use (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Lets addresses be private, and http be used. */
  readonly internal: boolean;
}

/** Requests with a deadline and a bounded answer. Redirects are answers like any other: what is fetched says who may sign in. */
export function boundedRequest({ clock, env, internal }: BoundedRequestOptions): BoundedRequest {
  const proxies = proxiesOf(env);
  const isDirect = Object.keys(proxies).length === 0;
  // Behind a proxy it is the proxy that looks names up.
  const lookup = internal || !isDirect ? {} : { lookup: publicLookup };
  const agents = { http: new HttpAgent({ proxyEnv: proxies }), https: new HttpsAgent({ proxyEnv: proxies }) };
  return async (url, question) => {
    if (!internal) checkAddress(url);
    const deadline = new AbortController();
    const late = new Error(`no answer within ${requestTimeout / 1_000} s`);
    const cancel = clock.after(requestTimeout, () => deadline.abort(late));
    try {
      return await read(await send(url, question, agents, { ...lookup, signal: deadline.signal }));
    } catch (error) {
      throw new Error(`${url}: ${deadline.signal.aborted ? late.message : wordsOf(error)}`, { cause: error });
    } finally {
      cancel();
    }
  };
}

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

function send(url: string, { method, headers, body }: BoundedQuestion, agents: Agents, options: RequestOptions): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const fixed = { ...options, method, headers: { ...headers, 'user-agent': 'headgate' } };
  const request = url.startsWith('https:')
    ? httpsRequest(url, { ...fixed, agent: agents.https })
    : httpRequest(url, { ...fixed, agent: agents.http });
  request.on('error', reject);
  request.on('response', resolve);
  request.end(body);
  return promise;
}

async function read(response: IncomingMessage): Promise<BoundedAnswer> {
  const body = await collectBytes(response, documentBytes);
  const headers = Object.entries(response.headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []));
  return { status: response.statusCode ?? 0, headers: Object.fromEntries(headers), body };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : 'failed';
}
