import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createInterface } from 'node:readline';
import type { ClusterUnderTest } from './cluster-under-test.ts';

/** The parts of an object that the suite looks at. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
  readonly status?: FluxStatus;
  readonly items?: readonly KubeObject[];
}

export interface FluxStatus {
  readonly observedGeneration?: number;
  readonly lastHandledReconcileAt?: string;
  readonly lastAppliedRevision?: string;
  readonly lastAttemptedRevision?: string;
  readonly artifact?: { readonly revision: string; readonly digest: string; readonly url: string; readonly lastUpdateTime: string };
  readonly inventory?: { readonly entries: readonly { readonly id: string; readonly v: string }[] };
  readonly conditions?: readonly Condition[];
  /** Of a SelfSubjectAccessReview. */
  readonly allowed?: boolean;
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime: string;
}

/** What the API server says when it refuses. */
export interface KubeStatus {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly status: string;
  readonly reason?: string;
  readonly message: string;
  readonly code: number;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  object(): KubeObject;
  refusal(): KubeStatus;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject & Partial<Omit<KubeStatus, 'status' | 'kind' | 'apiVersion'>>;
  /** When it arrived, milliseconds since the epoch. */
  readonly seenAt: number;
}

export interface Watch {
  readonly status: number;
  /** Everything that has arrived, in order. */
  readonly events: readonly WatchEvent[];
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  /** The first event that satisfies `fits`, also one that has arrived already. */
  next(fits: (event: WatchEvent) => boolean, within?: number): Promise<WatchEvent>;
  close(): void;
}

/** Plain HTTP to an API server, for tests: no retry, no cache, no interpretation. */
export class KubeClient {
  readonly #cluster: Pick<ClusterUnderTest, 'server' | 'token' | 'ca'>;

  constructor(cluster: Pick<ClusterUnderTest, 'server' | 'token' | 'ca'>) {
    this.#cluster = cluster;
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  post(path: string, body: object): Promise<Answer> {
    return this.send('POST', path, body);
  }

  mergePatch(path: string, body: object): Promise<Answer> {
    return this.send('PATCH', path, body, { 'content-type': 'application/merge-patch+json' });
  }

  delete(path: string): Promise<Answer> {
    return this.send('DELETE', path);
  }

  async send(method: string, path: string, body?: object | string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const { response } = await this.#open(method, path, body, headers);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    return {
      status: response.statusCode ?? 0,
      contentType: response.headers['content-type'] ?? '',
      text,
      object: () => JSON.parse(text) as KubeObject,
      refusal: () => JSON.parse(text) as KubeStatus,
    };
  }

  /**
   * @param path with its query, without `watch`
   * @param keep drops the events that it is false for
   */
  async watch(path: string, keep: (event: WatchEvent) => boolean = () => true): Promise<Watch> {
    const { request, response } = await this.#open('GET', `${path}${path.includes('?') ? '&' : '?'}watch=true`);
    return collect(request, response, keep);
  }

  #open(
    method: string,
    path: string,
    body?: object | string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ request: ClientRequest; response: IncomingMessage }> {
    const { server, token, ca } = this.#cluster;
    const url = new URL(path, server);
    const all = { accept: 'application/json', authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers };
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, { method, headers: all, agent: false, ...(ca === undefined ? {} : { ca }) });
    request.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    return new Promise((resolve, reject) => {
      request.on('response', (response) => resolve({ request, response }));
      request.on('error', reject);
    });
  }
}

function collect(request: ClientRequest, response: IncomingMessage, keep: (event: WatchEvent) => boolean): Watch {
  const events: WatchEvent[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of waiting) look();
  };
  const lines = createInterface({ input: response });
  lines.on('line', (line) => {
    if (line === '') return;
    const event: WatchEvent = { ...(JSON.parse(line) as Omit<WatchEvent, 'seenAt'>), seenAt: Date.now() };
    if (!keep(event)) return;
    events.push(event);
    wake();
  });
  const ended = new Promise<void>((resolve) => response.on('close', () => resolve()));
  for (const stream of [response, lines]) stream.on('error', () => {}); // closing our end is how a watch is given up
  return {
    status: response.statusCode ?? 0,
    events,
    ended,
    next: (fits, within = 20_000) => firstFitting(events, fits, within, waiting),
    close() {
      request.destroy();
    },
  };
}

function firstFitting(
  events: readonly WatchEvent[],
  fits: (event: WatchEvent) => boolean,
  within: number,
  waiting: Set<() => void>,
): Promise<WatchEvent> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      waiting.delete(look);
      act();
    };
    const look = (): void => {
      const found = events.find(fits);
      if (found !== undefined) settle(() => resolve(found));
    };
    const timer = setTimeout(() => {
      const last = events.at(-1);
      const seen = `${events.length} events, last ${last === undefined ? 'none' : JSON.stringify(last.object.status ?? last.object)}`;
      settle(() => reject(new Error(`no such event within ${within} ms (${seen})`)));
    }, within);
    waiting.add(look);
    look();
  });
}
