import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { handleApiRequest, send, type ApiParts } from '#sandbox/cluster/api-handler.ts';
import { Faults } from '#sandbox/cluster/faults.ts';
import type { ObjectStore } from '#sandbox/cluster/object-store.ts';
import { PageStore } from '#sandbox/cluster/page-store.ts';
import { ServiceAccountTokens } from '#sandbox/cluster/service-account-tokens.ts';
import { StatusError } from '#sandbox/cluster/status-error.ts';
import { WatchHub } from '#sandbox/cluster/watch-hub.ts';
import { listenOn, closeServer } from '#sandbox/listen.ts';

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The store behind HTTP, on loopback. It can be killed and started again on the same port. */
export class ApiServer {
  readonly token = randomBytes(16).toString('hex');
  readonly faults = new Faults();
  readonly watches: WatchHub;
  readonly pages = new PageStore();
  readonly #parts: ApiParts;
  readonly #log: Log;
  readonly #clock: Clock;
  #seen: SeenRequest[] = [];
  #server: Server | undefined;
  #port: number;

  constructor(parts: { store: ObjectStore; clock: Clock; log: Log }, options: { port: number; bookmarkInterval: number }) {
    this.#log = parts.log;
    this.#clock = parts.clock;
    this.#port = options.port;
    this.watches = new WatchHub(parts.store, this.faults, parts.clock, options.bookmarkInterval);
    const accounts = new ServiceAccountTokens(parts.store, parts.clock);
    this.#parts = { ...parts, accounts, faults: this.faults, watches: this.watches, pages: this.pages, token: this.token };
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The latest requests, oldest first. */
  get seen(): readonly SeenRequest[] {
    return this.#seen;
  }

  /** @throws HeadgateError PORT_BUSY */
  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response));
    server.keepAliveTimeout = 30_000;
    await listenOn(server, this.#port);
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    this.faults.gate.open();
  }

  /** As kill -9: every connection is reset, nothing listens. The controllers stand still until the next start. */
  async kill(): Promise<void> {
    this.faults.gate.close();
    this.watches.drop();
    await closeServer(this.#server);
    this.#server = undefined;
  }

  /** Stops for good; what waits at the gate goes on. */
  async stop(): Promise<void> {
    this.watches.drop();
    await closeServer(this.#server);
    this.#server = undefined;
    this.faults.gate.open();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#note(request);
    try {
      await this.faults.gate.pass();
      await handleApiRequest(this.#parts, request, response);
    } catch (error) {
      if (error instanceof StatusError) return this.#refuse(response, error);
      this.#log.error('the simulated API server failed', { path: request.url, error: messageOf(error) });
      this.#refuse(response, new StatusError(500, 'InternalError', messageOf(error)));
    }
  }

  #refuse(response: ServerResponse, error: StatusError): void {
    if (response.headersSent || response.destroyed) response.destroy();
    else send(response, error.code, error);
  }

  #note(request: IncomingMessage): void {
    this.#seen.push({ method: request.method ?? '', path: request.url ?? '', at: this.#clock.now() });
    if (this.#seen.length > 2 * limits.sandbox.remembered) this.#seen = this.#seen.slice(-limits.sandbox.remembered);
  }
}
