import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { createGerritClient, type GerritClient } from '#adapters/gerrit/rest/client.ts';
import { systemClock } from '#core/clock.ts';

const captured = new URL('../../fixtures/gerrit/rest/', import.meta.url);

/** Answers paths below `/a` with what a real Gerrit sent, or with JSON of its form; 404 for all others. */
export class RestWorld {
  readonly asked: string[] = [];
  /** What is put here wins. */
  readonly answers = new Map<string, string | object>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const path = (request.url ?? '').replace(/^\/a/, '');
      this.asked.push(path);
      const { status, headers, body } = this.#answer(path);
      response.writeHead(status, headers).end(body);
    });
  }

  static async start(): Promise<RestWorld> {
    const world = new RestWorld();
    world.#server.listen(0, '127.0.0.1');
    await once(world.#server, 'listening');
    return world;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('it does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  client(): GerritClient {
    return createGerritClient({
      source: 'review',
      url: this.url,
      user: 'bot',
      token: () => Buffer.from('t0ken'),
      clock: systemClock,
      env: {},
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #answer(path: string): { readonly status: number; readonly headers: Record<string, string>; readonly body: Buffer | string } {
    const known = this.answers.get(path);
    if (known === undefined) return { status: 404, headers: { 'content-type': 'text/plain' }, body: 'Not found' };
    if (typeof known === 'object')
      return { status: 200, headers: { 'content-type': 'application/json' }, body: `)]}'\n${JSON.stringify(known)}` };
    return replay(known);
  }
}

/** Status and body of a captured answer. */
function replay(file: string): { readonly status: number; readonly headers: Record<string, string>; readonly body: Buffer } {
  const bytes = readFileSync(new URL(`${file}.http`, captured));
  const text = bytes.toString('latin1');
  const [separator] = /\r?\n\r?\n/.exec(text) ?? ['\n\n'];
  const end = text.indexOf(separator);
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(text) ?? [];
  const [, type = 'text/plain'] = /^Content-Type: (.*?)\r?$/im.exec(text.slice(0, end)) ?? [];
  return { status: Number(status), headers: { 'content-type': type }, body: bytes.subarray(end + separator.length) };
}
