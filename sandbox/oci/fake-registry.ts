import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { closeServer, listenOn, portOf } from '#sandbox/listen.ts';
import { Repository } from './repository.ts';
import { answerRequest, refusal } from './routes.ts';
import type { RegistryState, Said, SeenRequest } from './said.ts';

export interface FakeRegistryOptions {
  /** User → password: asked for by Basic. */
  readonly users?: Readonly<Record<string, string>>;
  /** Tokens that are asked for by Bearer. */
  readonly bearer?: { readonly realm: string; readonly service: string; accepts(token: string, repository: string): boolean };
  /** PEM. Default: HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Uploads are sent to whole addresses instead of paths. */
  readonly wholeLocations?: boolean;
}

/** What becomes of a request instead of its answer: another answer, or the connection ends after so many bytes of its body. */
export type Fault = Said | { readonly endAfter: number };

/** A registry as the OCI distribution-spec describes it, in memory, on a loopback port. */
export class FakeRegistry implements RegistryState {
  readonly repositories = new Map<string, Repository>();
  /** Every request, also those that were refused. */
  readonly requests: SeenRequest[] = [];
  /** Looked at for each request; undefined: it is answered. */
  fault: ((request: SeenRequest) => Fault | undefined) | undefined;
  readOnly = false;
  readonly #options: FakeRegistryOptions;
  readonly #server: Server;

  constructor(options: FakeRegistryOptions = {}) {
    this.#options = options;
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#handle(request, response).catch(() => response.destroy());
    };
    this.#server = options.tls ? createTlsServer(options.tls, handle) : createServer(handle);
  }

  /** `127.0.0.1:5000`. */
  get host(): string {
    return `127.0.0.1:${portOf(this.#server)}`;
  }

  async start(): Promise<this> {
    await listenOn(this.#server, 0);
    return this;
  }

  stop(): Promise<void> {
    return closeServer(this.#server);
  }

  /** Made when it is missing. */
  repository(name: string): Repository {
    const known = this.repositories.get(name) ?? new Repository();
    this.repositories.set(name, known);
    return known;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const seen = { method, path: url, authorization: headers.authorization, headers };
    this.requests.push(seen);
    const fault = this.fault?.(seen);
    if (fault !== undefined && 'endAfter' in fault) return this.#breakOff(request, fault.endAfter);
    const said = fault ?? this.#challenge(seen) ?? (await this.#answer(request, seen));
    response.writeHead(said.status, said.headers).end(method === 'HEAD' ? undefined : said.body);
  }

  /** What had arrived of an upload stays. */
  async #breakOff(request: IncomingMessage, bytes: number): Promise<void> {
    let arrived = Buffer.alloc(0);
    for await (const chunk of request as AsyncIterable<Buffer>) {
      arrived = Buffer.concat([arrived, chunk]);
      if (arrived.length >= bytes) break;
    }
    const [, name = '', id = ''] = /^\/v2\/(.+)\/blobs\/uploads\/([^/?]+)/.exec(request.url ?? '') ?? [];
    const { uploads } = this.repository(name);
    const before = uploads.get(id);
    if (before !== undefined && request.method === 'PATCH') uploads.set(id, Buffer.concat([before, arrived.subarray(0, bytes)]));
    request.socket.destroy();
  }

  #challenge({ path, authorization }: SeenRequest): Said | undefined {
    const { users, bearer } = this.#options;
    if (users) {
      const [user, password] = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64')
        .toString()
        .split(':');
      const isGood = user !== undefined && Object.hasOwn(users, user) && users[user] === password;
      if (!isGood) return refusal(401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="a registry"' });
    }
    const [, repository = ''] = /^\/v2\/(.+?)\/(?:blobs|manifests)\//.exec(path) ?? [];
    if (bearer && !bearer.accepts(authorization?.replace(/^Bearer /, '') ?? '', repository)) {
      const asked = `Bearer realm="${bearer.realm}",service="${bearer.service}",scope="registry:catalog:*"`;
      return refusal(401, 'UNAUTHORIZED', { 'www-authenticate': asked });
    }
    return undefined;
  }

  async #answer(request: IncomingMessage, seen: SeenRequest): Promise<Said> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const origin = this.#options.wholeLocations ? `${this.#options.tls ? 'https' : 'http'}://${this.host}` : '';
    return answerRequest(this, { ...seen, body: Buffer.concat(chunks) }, origin);
  }
}
