import type { ServerResponse } from 'node:http';
import type { Clock } from '#core/clock.ts';
import type { Faults } from '#sandbox/cluster/faults.ts';
import type { Kind } from '#sandbox/cluster/kinds.ts';
import { assertReached, wholeNumber } from '#sandbox/cluster/list-objects.ts';
import type { ObjectStore } from '#sandbox/cluster/object-store.ts';
import { parseSelector } from '#sandbox/cluster/selector.ts';
import { badRequest, expired } from '#sandbox/cluster/status-error.ts';
import { WatchStream } from '#sandbox/cluster/watch-stream.ts';

/** API servers end a watch that names no time after 30 to 60 minutes. */
const DEFAULT_TIMEOUT = 30 * 60_000;

/** Every open watch of one server. */
export class WatchHub {
  readonly #store: ObjectStore;
  readonly #faults: Faults;
  readonly #clock: Clock;
  readonly #bookmarkInterval: number;
  readonly #streams = new Set<WatchStream>();

  constructor(store: ObjectStore, faults: Faults, clock: Clock, bookmarkInterval: number) {
    this.#store = store;
    this.#faults = faults;
    this.#clock = clock;
    this.#bookmarkInterval = bookmarkInterval;
    store.subscribe((event) => {
      for (const stream of this.#streams) stream.offer(event);
    });
  }

  get open(): number {
    return this.#streams.size;
  }

  /** @throws StatusError BadRequest, Timeout, Expired (only when faults ask for it as a status) */
  start(kind: Kind, namespace: string | undefined, query: URLSearchParams, response: ServerResponse): void {
    const stream = this.#stream(kind, namespace, query, response);
    const from = wholeNumber(query, 'resourceVersion') ?? 0;
    assertReached(this.#store, query);
    if (from !== 0 && this.#store.history.after(from) === undefined) return this.#refuseExpired(stream, from);
    this.#streams.add(stream);
    response.on('close', () => {
      stream.stop();
      this.#streams.delete(stream);
    });
    stream.open();
    this.#catchUp(stream, from, query);
  }

  mute(): void {
    for (const stream of this.#streams) stream.mute();
  }

  drop(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  /** Ends the watches of a kind that is served no longer. */
  endKind(kind: Kind): void {
    for (const stream of this.#streams) if (stream.options.kind === kind) stream.end();
  }

  #stream(kind: Kind, namespace: string | undefined, query: URLSearchParams, response: ServerResponse): WatchStream {
    const seconds = wholeNumber(query, 'timeoutSeconds');
    const options = {
      kind,
      namespace,
      selector: parseSelector(query),
      timeout: seconds === undefined || seconds === 0 ? DEFAULT_TIMEOUT : seconds * 1_000,
      bookmarkInterval: isTrue(query.get('allowWatchBookmarks')) ? this.#bookmarkInterval : undefined,
    };
    return new WatchStream(response, options, { clock: this.#clock, gate: this.#faults.gate, version: () => this.#store.version });
  }

  #refuseExpired(stream: WatchStream, from: number): void {
    const error = expired(`too old resource version: ${from} (${this.#store.history.oldest})`);
    if (this.#faults.expiredAs === 'status') throw error;
    stream.open();
    stream.send('ERROR', error);
    stream.end();
  }

  /** What the client has missed; without a version, everything that there is (and the mark after it, when asked for). */
  #catchUp(stream: WatchStream, from: number, query: URLSearchParams): void {
    const initial = isTrue(query.get('sendInitialEvents'));
    if (initial && query.get('resourceVersionMatch') !== 'NotOlderThan') {
      throw badRequest('sendInitialEvents: resourceVersionMatch must be NotOlderThan');
    }
    if (from !== 0 && !initial) {
      for (const event of this.#store.history.after(from) ?? []) stream.offer(event);
      return;
    }
    const { kind, namespace, selector } = stream.options;
    for (const object of this.#store.list(kind, namespace).filter(selector)) stream.send('ADDED', object);
    if (initial) stream.bookmark({ 'k8s.io/initial-events-end': 'true' });
  }
}

function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1';
}
