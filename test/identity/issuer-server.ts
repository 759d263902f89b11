import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** An issuer's documents on loopback, with every request counted. */
export class IssuerServer {
  readonly asked: string[] = [];
  keys: readonly object[] = [];
  /** Answers instead of the documents, by path. */
  readonly instead = new Map<string, Answer>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const path = request.url ?? '';
      this.asked.push(path);
      const answer = this.instead.get(path) ?? this.#documents().get(path);
      if (answer) answer(request, response);
      else response.writeHead(404).end();
    });
  }

  static async start(): Promise<IssuerServer> {
    const issuer = new IssuerServer();
    await new Promise<void>((resolve) => issuer.#server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #documents(): ReadonlyMap<string, Answer> {
    return new Map([
      [DISCOVERY, json({ issuer: this.url, jwks_uri: `${this.url}/keys` })],
      ['/keys', json({ keys: this.keys })],
    ]);
  }
}

export const DISCOVERY = '/.well-known/openid-configuration';

export function json(value: unknown): Answer {
  return (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

export function status(code: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_request, response) => response.writeHead(code, headers).end();
}
