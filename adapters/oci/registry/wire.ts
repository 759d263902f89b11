import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { getCACertificates } from 'node:tls';
import type { Clock } from '#core/clock.ts';
import { collectBytes } from '#core/collect-bytes.ts';
import { limits } from '#core/limits.ts';
import { proxiesOf } from '#core/proxies.ts';
import { headersOf } from '#adapters/http-fetch.ts';
import type { RegistryAccess } from './registry-access.ts';

export interface Outgoing {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Its length goes with it: none is sent in chunks of HTTP's own. */
  readonly body?: { readonly size: number; open(): AsyncIterable<Uint8Array> };
  /** Of the answer's body. */
  readonly answerBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  /** Lower-case name → value. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/**
 * Sends one request at a time to a registry or its token service, each with a deadline and a bound on what it answers. Follows no redirect. Certificates are
 * verified: with the registry's own where it has some, and for another host with those or the system's.
 */
export class Wire {
  readonly #agents: { readonly 'http:': HttpAgent; readonly 'https:': HttpsAgent };
  readonly #access: RegistryAccess;
  readonly #clock: Clock;

  constructor(
    access: RegistryAccess,
    { clock, env }: { readonly clock: Clock; readonly env: Readonly<Record<string, string | undefined>> },
  ) {
    const options = { keepAlive: true, maxSockets: limits.registry.connections, proxyEnv: proxiesOf(env) };
    this.#agents = { 'http:': new HttpAgent(options), 'https:': new HttpsAgent(options) };
    this.#access = access;
    this.#clock = clock;
  }

  /** @throws Error when there is no whole answer in time */
  async send(outgoing: Outgoing): Promise<Answer> {
    const { requestTimeout, transferTimeout, answerBytes } = limits.registry;
    const timeout = outgoing.body === undefined ? requestTimeout : transferTimeout;
    const late = new AbortController();
    const cancel = this.#clock.after(timeout, () => late.abort(new Error(`no answer within ${timeout / 1_000} s`)));
    const signal = AbortSignal.any([late.signal, ...(outgoing.signal ? [outgoing.signal] : [])]);
    try {
      return await this.#exchange(outgoing, signal, outgoing.answerBytes ?? answerBytes);
    } catch (error) {
      if (late.signal.aborted) throw late.signal.reason;
      throw error;
    } finally {
      cancel();
    }
  }

  async #exchange({ method, url, headers, body }: Outgoing, signal: AbortSignal, most: number): Promise<Answer> {
    const length = body === undefined && ['GET', 'HEAD'].includes(method) ? {} : { 'content-length': String(body?.size ?? 0) };
    const options = { method, headers: { 'user-agent': 'headgate', ...headers, ...length }, signal };
    const request =
      url.protocol === 'http:'
        ? httpRequest(url, { ...options, agent: this.#agents['http:'] })
        : httpsRequest(url, { ...options, agent: this.#agents['https:'], ...this.#certificates(url) });
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request.on('response', resolve);
    request.on('error', reject);
    const content = body === undefined ? undefined : Readable.from(body.open());
    content?.on('error', (error) => request.destroy(error));
    if (content) content.pipe(request);
    else request.end();
    try {
      return await answerOf(await promise, most);
    } finally {
      // A registry that answers before it has read everything wants no more of it.
      content?.destroy();
      if (!request.writableFinished) request.destroy();
    }
  }

  #certificates({ host }: URL): { readonly ca?: string[] } {
    const own = this.#access.ca?.();
    if (own === undefined) return {};
    return { ca: host === this.#access.host.toLowerCase() ? [own] : [own, ...getCACertificates('default')] };
  }
}

async function answerOf(response: IncomingMessage, most: number): Promise<Answer> {
  return { status: response.statusCode ?? 0, headers: headersOf(response), body: await collectBytes(response, most) };
}
