import type http from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Metrics } from '#core/ports/telemetry.ts';
import { AgentPool } from './agent-pool.ts';
import { ApiError, errorOf, hasStatus } from './api-error.ts';
import type { ClusterAccess, Credentials } from './credentials.ts';
import { readBody } from './read-body.ts';

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Path and query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Defaults to application/json. */
  readonly contentType?: string;
  /** What the answer may be; defaults to application/json. */
  readonly accept?: string;
  /** Milliseconds for the whole of it; limits.kube.requestTimeout unless told. */
  readonly timeout?: number;
  /** Of the answer; limits.kube.responseBytes unless told. */
  readonly maxBytes?: number;
  /** Hears the headers of the answer, whatever its status. */
  readonly onHeaders?: (headers: http.IncomingHttpHeaders) => void;
}

/**
 * The way to one API server: every request has a deadline, a bounded body and a typed error.
 * Methods reject with ApiError: CLUSTER_UNREACHABLE or CLUSTER_REFUSED.
 */
export interface Connection {
  readonly cluster: string;
  /** Sends one request; resolves with the parsed body of a 2xx answer. */
  send(request: KubeRequest): Promise<unknown>;
  /** Opens a watch; resolves with its body once the server has answered 200. Ends when `signal` aborts. */
  stream(path: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>>;
  close(): void;
}

export interface ConnectionOptions {
  readonly cluster: string;
  readonly access: ClusterAccess;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'kubeRequest'>;
}

export function connect(options: ConnectionOptions): Connection {
  return new ApiConnection(options);
}

class ApiConnection implements Connection {
  readonly cluster: string;
  readonly #options: ConnectionOptions;
  readonly #pool: AgentPool;

  constructor(options: ConnectionOptions) {
    this.cluster = options.cluster;
    this.#options = options;
    this.#pool = new AgentPool(options.access);
  }

  async send(request: KubeRequest): Promise<unknown> {
    const text = await this.#counted(request.method, () => this.#twice(() => this.#exchange(request)));
    return this.#parse(text);
  }

  stream(path: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    return this.#counted('WATCH', () => this.#twice(() => this.#open(path, signal)));
  }

  close(): void {
    this.#pool.close();
  }

  /** A credential may have expired, and a kept connection may be closed by the server in the moment that it is used again. */
  async #twice<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      return await attempt();
    } catch (error) {
      if (hasStatus(error, 401)) this.#options.access.forget();
      else if (!(error instanceof ReusedSocketError)) throw error;
      return await attempt();
    }
  }

  async #exchange(request: KubeRequest): Promise<string> {
    const deadline = this.#deadline(request.timeout);
    try {
      const response = await this.#begin(request, deadline);
      request.onHeaders?.(response.headers);
      return await this.#body(response, request.maxBytes);
    } catch (error) {
      throw this.#typed(error, deadline.signal, request.timeout);
    } finally {
      deadline.cancel();
    }
  }

  async #open(path: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const deadline = this.#deadline();
    const begun = AbortSignal.any([signal, deadline.signal]);
    try {
      const response = await this.#begin({ method: 'GET', path }, { signal: begun });
      if (response.statusCode !== 200) await this.#body(response);
      return response;
    } catch (error) {
      throw this.#typed(error, deadline.signal);
    } finally {
      deadline.cancel();
    }
  }

  /** Resolves with the head of the answer. */
  async #begin(request: KubeRequest, { signal }: { signal: AbortSignal }): Promise<http.IncomingMessage> {
    const credentials = await this.#options.access.credentials();
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new Error('aborted'));
      const sent = this.#request(request, credentials, body);
      const abort = (): void => void sent.destroy(new Error('aborted'));
      signal.addEventListener('abort', abort, { once: true });
      sent.once('close', () => signal.removeEventListener('abort', abort));
      sent.once('response', resolve);
      sent.once('error', (error) => reject(isStale(sent, error) ? new ReusedSocketError(messageOf(error)) : error));
      sent.end(body);
    });
  }

  #request(request: KubeRequest, credentials: Credentials, body: Buffer | undefined): http.ClientRequest {
    const { server } = this.#options.access;
    const send = server.protocol === 'http:' ? httpRequest : httpsRequest;
    return send(`${server.origin}${server.pathname.replace(/\/$/, '')}${request.path}`, {
      method: request.method,
      agent: this.#pool.agent(credentials.tls),
      headers: {
        accept: request.accept ?? 'application/json',
        'user-agent': 'headgate',
        ...(body ? { 'content-type': request.contentType ?? 'application/json', 'content-length': body.length } : {}),
        ...credentials.headers,
      },
    });
  }

  async #body(response: http.IncomingMessage, maxBytes: number = limits.kube.responseBytes): Promise<string> {
    const text = await readBody(response, maxBytes);
    const status = response.statusCode ?? 0;
    if (status < 200 || status > 299) throw errorOf(this.cluster, status, text);
    return text;
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new ApiError(null, `${this.cluster}: the answer is not JSON`, error);
    }
  }

  #typed(error: unknown, deadline: AbortSignal, timeout: number = limits.kube.requestTimeout): Error {
    if (error instanceof ApiError || error instanceof ReusedSocketError) return error;
    const what = deadline.aborted ? `no answer within ${timeout / 1000} s` : messageOf(error);
    return new ApiError(null, `${this.cluster}: ${what}`, error);
  }

  #deadline(timeout: number = limits.kube.requestTimeout): { signal: AbortSignal; cancel: () => void } {
    const controller = new AbortController();
    return { signal: controller.signal, cancel: this.#options.clock.after(timeout, () => controller.abort()) };
  }

  async #counted<T>(verb: string, work: () => Promise<T>): Promise<T> {
    const count = (code: string): void => this.#options.metrics.kubeRequest(this.cluster, verb, code);
    try {
      const result = await work();
      count('ok');
      return result;
    } catch (error) {
      const failure = error instanceof ApiError ? error : new ApiError(null, `${this.cluster}: ${messageOf(error)}`, error);
      count(failure.httpStatus === null ? 'unreachable' : String(failure.httpStatus));
      throw failure;
    }
  }
}

/** The connection was closed while it lay in the pool. Whether the request arrived is unknown, but each of ours may be repeated. */
class ReusedSocketError extends Error {}

function isStale(sent: http.ClientRequest, error: NodeJS.ErrnoException): boolean {
  return sent.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
