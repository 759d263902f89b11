import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { JsonPost, PostAnswer, Posting } from '#core/ports/json-post.ts';
import { judgeAnswer } from './judge-answer.ts';

const { requestTimeout, answerBytes } = limits.tell;

export interface HttpPostOptions {
  readonly clock: Clock;
  /** What says which proxies to use (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A JsonPost over node:http. Each sink has its own, with one connection that is kept: what it is told comes in order anyway. */
export function httpPost({ clock, env }: HttpPostOptions): JsonPost {
  const options = { keepAlive: true, maxSockets: 1, proxyEnv: proxiesOf(env) };
  const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) };
  return async (posting) => {
    const place = new URL(posting.url).origin; // the rest of an address may be a secret
    const { answer, text } = await exchange(posting, agents, clock).catch((cause: unknown) => {
      throw new HeadgateError('SINK_UNREACHABLE', `${place}: ${messageOf(cause)}`, { cause });
    });
    if (!posting.taken?.(answer)) judgeAnswer(place, answer, text, clock.now());
  };
}

async function exchange(posting: Posting, agents: Agents, clock: Clock) {
  const deadline = new AbortController();
  const late = new Error(`no answer within ${requestTimeout / 1_000} s`);
  const cancel = clock.after(requestTimeout, () => deadline.abort(late));
  try {
    const response = await sendTwice(posting, agents, deadline.signal);
    const text = await readSome(response);
    const header = (name: string): string | undefined => [response.headers[name]].flat()[0];
    const answer: PostAnswer = { status: response.statusCode ?? 0, header };
    return { answer, text };
  } catch (error) {
    throw deadline.signal.aborted ? late : error;
  } finally {
    cancel();
  }
}

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

/** The other side may close a connection that was kept just when it is used again: then a fresh one is tried at once. */
async function sendTwice(posting: Posting, agents: Agents, signal: AbortSignal): Promise<IncomingMessage> {
  const first = send(posting, agents, signal);
  try {
    return await first.response;
  } catch (error) {
    if (!first.onKeptConnection() || signal.aborted) throw error;
    return send(posting, agents, signal).response;
  }
}

function send({ url, headers, body }: Posting, agents: Agents, signal: AbortSignal) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const fixed = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), 'user-agent': 'headgate' };
  const options = { method: 'POST', headers: { ...fixed, ...headers }, signal };
  const request = url.startsWith('https:')
    ? httpsRequest(url, { ...options, agent: agents.https })
    : httpRequest(url, { ...options, agent: agents.http });
  request.on('error', reject);
  request.on('response', resolve);
  request.end(body);
  return { response: promise, onKeptConnection: () => request.reusedSocket };
}

/** The beginning of an answer; one that is longer is cut off with its connection. */
async function readSome(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > answerBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, answerBytes).toString('utf8');
}

const proxyVariables = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'] as const;

function proxiesOf(env: HttpPostOptions['env']): HttpPostOptions['env'] {
  return Object.fromEntries(proxyVariables.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}
