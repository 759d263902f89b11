import type { ServerResponse } from 'node:http';
import type { Cancel, Clock } from '#core/clock.ts';
import { apiVersionOf, type Kind } from '#sandbox/cluster/kinds.ts';
import type { StoreEvent } from '#sandbox/cluster/event-history.ts';
import type { Selector } from '#sandbox/cluster/selector.ts';
import type { Gate } from '#sandbox/gate.ts';

/** A client that does not read is dropped when this much waits for it. */
const BACKLOG_BYTES = 32 * 1024 * 1024;

export interface WatchOptions {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly selector: Selector;
  /** The server ends the stream after this. */
  readonly timeout: number;
  /** Between two bookmarks; undefined when the client wants none. */
  readonly bookmarkInterval: number | undefined;
}

/** One open watch: a line of JSON for each event. */
export class WatchStream {
  readonly options: WatchOptions;
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #gate: Gate;
  readonly #version: () => number;
  readonly #timers = new Set<Cancel>();
  #waiting: string[] = [];
  #muted = false;

  constructor(response: ServerResponse, options: WatchOptions, parts: { clock: Clock; gate: Gate; version: () => number }) {
    this.options = options;
    this.#response = response;
    this.#clock = parts.clock;
    this.#gate = parts.gate;
    this.#version = parts.version;
  }

  /** Sends the headers at once, so that the client knows the watch is open. */
  open(): void {
    this.#response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    this.#response.flushHeaders();
    const { timeout, bookmarkInterval } = this.options;
    this.#later(timeout, () => this.end());
    if (bookmarkInterval === undefined) return;
    this.#bookmarkEvery(bookmarkInterval);
    if (timeout > 2_000) this.#later(timeout - 2_000, () => this.bookmark());
  }

  /** Passes an event on if it concerns this watch; an object that the selector no longer fits is `DELETED` for it. */
  offer(event: StoreEvent): void {
    const { kind, namespace, selector } = this.options;
    if (event.kind !== kind) return;
    if (namespace !== undefined && event.object.metadata.namespace !== namespace) return;
    const before = event.previous !== undefined && selector(event.previous);
    const now = event.type !== 'DELETED' && selector(event.object);
    if (!before && !now) return;
    this.send(now ? (before ? 'MODIFIED' : 'ADDED') : 'DELETED', event.object);
  }

  send(type: string, object: unknown): void {
    if (this.#muted) return;
    this.#waiting.push(`${JSON.stringify({ type, object })}\n`);
    if (!this.#gate.closed) return this.#flush();
    if (this.#waiting.length === 1) void this.#gate.pass().then(() => this.#flush());
  }

  /** Tells the client how far it has seen everything. */
  bookmark(annotations?: Readonly<Record<string, string>>): void {
    const { kind } = this.options;
    const metadata = { resourceVersion: String(this.#version()), creationTimestamp: null, ...(annotations ? { annotations } : {}) };
    this.send('BOOKMARK', { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata });
  }

  /** Stays open and never says a word again, as when a load balancer has lost the connection. */
  mute(): void {
    this.#muted = true;
    this.stop();
  }

  stop(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  end(): void {
    this.stop();
    this.#response.end();
  }

  destroy(): void {
    this.stop();
    this.#response.destroy();
  }

  #bookmarkEvery(interval: number): void {
    this.#later(interval, () => {
      this.bookmark();
      this.#bookmarkEvery(interval);
    });
  }

  #later(ms: number, task: () => void): void {
    const cancel = this.#clock.after(ms, () => {
      this.#timers.delete(cancel);
      task();
    });
    this.#timers.add(cancel);
  }

  #flush(): void {
    const text = this.#waiting.join('');
    this.#waiting = [];
    if (text !== '' && !this.#response.writableEnded) this.#response.write(text);
    if (this.#response.writableLength > BACKLOG_BYTES) this.destroy();
  }
}
