import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

/** An answer as it stood on the wire: status, headers, body. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface Asked {
  readonly method: string;
  /** As it was sent: percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Reply = Answer | ((asked: Asked, response: ServerResponse) => Answer | undefined | Promise<Answer | undefined>);

/** A server that answers what a real Gerrit answered. */
export interface Replay {
  readonly url: string;
  readonly asked: Asked[];
  /** `GET /a/config/server/version`: what answers it from now on; a name is that of a fixture. Paths that nobody named are 404. */
  on(request: string, reply: Reply | string): void;
  stop(): Promise<void>;
}

export async function startReplay(): Promise<Replay> {
  const replies = new Map<string, Reply>();
  const asked: Asked[] = [];
  const server = createServer((request, response) => void answer(request, response));
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const one = await read(request);
    asked.push(one);
    const reply = replies.get(`${one.method} ${one.path}`) ?? { status: 404, headers: text, body: 'Not Found' };
    const given = typeof reply === 'function' ? await reply(one, response) : reply;
    if (given !== undefined) response.writeHead(given.status, given.headers).end(given.body);
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    on: (request, reply) => void replies.set(request, typeof reply === 'string' ? () => fixture(reply) : reply),
    async stop() {
      server.closeAllConnections();
      await promisify(server.close.bind(server))();
    },
  };
}

const text = { 'content-type': 'text/plain;charset=utf-8' };

async function read(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const { method = '', headers } = request;
  const body = Buffer.concat(chunks).toString('utf8');
  return { method, path, query: new URLSearchParams(query), authorization: headers.authorization, headers, body };
}

/** What a real Gerrit 3.14 answered: test/fixtures/gerrit/rest. */
async function fixture(name: string): Promise<Answer> {
  const file = await readFile(new URL(`../../../fixtures/gerrit/rest/${name}.http`, import.meta.url), 'utf8');
  const end = file.indexOf('\n\n');
  const [status = '', ...lines] = file.slice(0, end).split('\n');
  const headers = Object.fromEntries(lines.map((line) => line.split(/: (.*)/, 2) as [string, string]));
  return { status: Number(status.split(' ')[1]), headers, body: file.slice(end + 2) };
}

/** Its JSON, to look at or to change. */
export async function fixtureJson(name: string): Promise<unknown> {
  return JSON.parse(String((await fixture(name)).body).replace(/^\)\]\}'\n/, ''));
}

/** As Gerrit sends JSON. */
export function json(body: unknown, status = 200): Answer {
  return { status, headers: { 'content-type': 'application/json;charset=utf-8' }, body: `)]}'\n${JSON.stringify(body)}\n` };
}
