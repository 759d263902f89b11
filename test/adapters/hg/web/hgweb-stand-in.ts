import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface StandIn {
  readonly url: string;
  /** What was asked, in order: `branchmap`, `json-log`, `archive`. */
  readonly asked: string[];
  /** What it answers with to a command; changed by tests. */
  readonly answers: Map<string, (response: ServerResponse, query: URLSearchParams, request: IncomingMessage) => void>;
  stop(): Promise<void>;
}

export const wire = (body: string) => (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/mercurial-0.1' }).end(body);
};

/** Of a search: what is found. */
export const found = (pick: (revset: string) => readonly object[]) => (response: ServerResponse, query: URLSearchParams) => {
  const revset = query.get('rev') ?? '';
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ node: '', query: revset, entries: pick(revset) }));
};

export function entry(node: string, more: object = {}): object {
  const common = { date: [1_700_000_000, 0], desc: 'A change', branch: 'default', user: 'Tester', phase: 'public', parents: [] };
  return { node, ...common, ...more };
}

/** Answers as hgweb does, or as a test wants it to. */
export async function startStandIn(): Promise<StandIn> {
  const asked: string[] = [];
  const answers: StandIn['answers'] = new Map();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://stand-in');
    const command = searchParams.get('cmd') ?? pathname.split('/').at(-1) ?? '';
    asked.push(command);
    const answer = answers.get(command);
    if (answer) answer(response, searchParams, request);
    else response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>not found</h1>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hg`,
    asked,
    answers,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
