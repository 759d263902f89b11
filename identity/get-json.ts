import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Clock } from '#core/clock.ts';
import { parseJson } from '#core/json.ts';
import { limits } from '#core/limits.ts';
import { checkAddress, publicLookup } from '#identity/public-address.ts';

const { requestTimeout, documentBytes, documentDepth } = limits.identity;

/** Fetches a JSON document. Rejects with an Error in a few words. */
export type GetJson = (url: string) => Promise<unknown>;

export interface GetJsonOptions {
  readonly clock: Clock;
  /** What says which proxies to use (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Lets addresses be private, and http be used. */
  readonly internal: boolean;
}

/** A GET with a deadline and a bounded answer. It follows no redirects: what is fetched says who may sign in. */
export function boundedGet({ clock, env, internal }: GetJsonOptions): GetJson {
  const proxies = proxiesOf(env);
  const isDirect = Object.keys(proxies).length === 0;
  // Behind a proxy it is the proxy that looks names up.
  const lookup = internal || !isDirect ? {} : { lookup: publicLookup };
  const agents = { http: new HttpAgent({ proxyEnv: proxies }), https: new HttpsAgent({ proxyEnv: proxies }) };
  return async (url) => {
    if (!internal) checkAddress(url);
    const deadline = new AbortController();
    const late = new Error(`no answer within ${requestTimeout / 1_000} s`);
    const cancel = clock.after(requestTimeout, () => deadline.abort(late));
    try {
      return await read(await send(url, agents, { ...lookup, signal: deadline.signal }));
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

/** A key set has a type of its own (RFC 7517 section 8.5.2), and API servers of Kubernetes answer 406 to whoever does not take it. */
const ACCEPT = 'application/json, application/jwk-set+json';

function send(url: string, agents: Agents, options: RequestOptions): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const fixed = { ...options, headers: { accept: ACCEPT, 'user-agent': 'headgate' } };
  const request = url.startsWith('https:')
    ? httpsRequest(url, { ...fixed, agent: agents.https })
    : httpRequest(url, { ...fixed, agent: agents.http });
  request.on('error', reject);
  request.on('response', resolve);
  request.end();
  return promise;
}

async function read(response: IncomingMessage): Promise<unknown> {
  const { statusCode = 0 } = response;
  if (statusCode !== 200) {
    response.destroy();
    throw new Error(statusCode >= 300 && statusCode < 400 ? 'redirects, which is not followed' : `answers ${statusCode}`);
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > documentBytes) throw new Error(`the answer is larger than ${documentBytes} bytes`);
    chunks.push(chunk);
  }
  return parseJson(Buffer.concat(chunks, length), documentDepth);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : 'failed';
}

const proxyVariables = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'] as const;

function proxiesOf(env: GetJsonOptions['env']): GetJsonOptions['env'] {
  return Object.fromEntries(proxyVariables.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}
