import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import type { TLSSocket } from 'node:tls';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock, type Clock } from '#core/clock.ts';
import type { Metrics } from '#core/ports/telemetry.ts';
import { type Connection, connect } from '#k8s/connection.ts';
import { clusterAccess } from '#k8s/credentials.ts';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  readonly peer: string | undefined;
}

export type Handler = (request: Received, response: http.ServerResponse) => void;

/** An API server of a few lines that behaves exactly as badly as a test wants. */
export interface ApiServer {
  readonly url: string;
  readonly requests: readonly Received[];
  /** TCP connections that were opened so far. */
  readonly connections: () => number;
  handle(handler: Handler): void;
  /** Resets every connection. */
  cut(): void;
  close(): Promise<void>;
}

export async function apiServer(handler: Handler, tls = false): Promise<ApiServer> {
  let current = handler;
  let connections = 0;
  const requests: Received[] = [];
  const sockets = new Set<Socket>();
  const listener = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://x');
      const socket = request.socket as Partial<TLSSocket>;
      const peer = socket.getPeerCertificate?.().subject?.CN;
      const received = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
        peer: typeof peer === 'string' ? peer : undefined,
      };
      requests.push(received);
      current(received, response);
    });
  };
  const server = tls
    ? https.createServer(
        { cert: pki('server.crt'), key: pki('server.key'), ca: pki('ca.crt'), requestCert: true, rejectUnauthorized: false },
        listener,
      )
    : http.createServer(listener);
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests,
    connections: () => connections,
    handle: (next) => {
      current = next;
    },
    cut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}

export function pki(file: string): string {
  return readFileSync(new URL(`pki/${file}`, import.meta.url), 'utf8');
}

export const pkiPath = (file: string): string => fileURLToPath(new URL(`pki/${file}`, import.meta.url));

export function answer(response: http.ServerResponse, status: number, body: unknown): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json' }).end(text);
}

export function refuse(response: http.ServerResponse, code: number, message: string): void {
  answer(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code });
}

/** A temporary directory with a kubeconfig; `user` and `cluster` are merged in. */
export function kubeconfig(server: string, user: object = {}, cluster: object = {}): { path: string; folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-k8s-'));
  const path = join(folder, 'kubeconfig');
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'main',
    contexts: [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server, ...cluster } }],
    users: [{ name: 'u', user }],
  };
  writeFileSync(path, JSON.stringify(document));
  return { path, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function connectTo(path: string, clock: Clock = systemClock, kubeRequest: Metrics['kubeRequest'] = () => {}): Connection {
  const access = clusterAccess({ name: 'prod', kubeconfig: { path } }, clock);
  return connect({ cluster: 'prod', access, clock, metrics: { kubeRequest } });
}

/** Resolves once `condition` holds, looked at after every turn of I/O. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
