import { backOff, pause, type Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log, Metrics } from '#core/ports/telemetry.ts';
import { ApiError, hasStatus } from './api-error.ts';
import type { Connection } from './connection.ts';
import { listKind } from './kind-list.ts';
import { collectionPath, type FluxKind } from './kinds.ts';
import type { WatchEvent } from './watch-event.ts';
import { UnreadableWatchError, WatchStream } from './watch-stream.ts';

/** Where a watch delivers. `read` makes an object of what the API server sent, or undefined to leave it out. */
export interface WatchSink<T> {
  read(raw: unknown): T | undefined;
  /** The collection holds exactly these. */
  replace(objects: readonly T[]): void;
  upsert(object: T): void;
  remove(object: T): void;
}

export interface KindStatus {
  readonly state: 'syncing' | 'synced' | 'absent' | 'failing';
  /** The failure behind `failing`, null otherwise. */
  readonly message: string | null;
  /** Whether the server refused (RBAC) rather than failed to answer. */
  readonly refused: boolean;
  /** Whether it has been in sight, or found not to be served, since the start. */
  readonly known: boolean;
}

export interface KindWatchOptions<T> {
  readonly kind: FluxKind;
  readonly connection: Connection;
  readonly sink: WatchSink<T>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'watchRestarted' | 'watchHeard'>;
  readonly onStatus: (status: KindStatus, before: KindStatus) => void;
}

/** Why a watch ended without an error. */
type WatchEnd = 'closed' | 'expired';

/**
 * Keeps one kind of one cluster in sight, for ever:
 *
 *     syncing ── list ok ──▶ synced ◀── list or watch ok ── failing
 *        │                     │ watch ends or falls silent: watch again from the last version
 *        │                     │ 410 Gone (answer or ERROR line): list again, announce only what differs
 *        │                     ├── no answer, 5xx, 401, 403 ──▶ failing (objects stay, retried with back-off)
 *        └───── 404 ──────────▶└── 404 twice ──▶ absent (objects leave, looked for every limits.kube.absentKindRetry)
 */
export class KindWatch<T> {
  readonly #options: KindWatchOptions<T>;
  readonly #path: string;
  readonly #stop = new AbortController();
  #status: KindStatus = { state: 'syncing', message: null, refused: false, known: false };
  #version: string | undefined;
  #attempt = 0;
  #listed = false;
  #missing = 0;
  #running: Promise<void> | undefined;
  #waiting: AbortController | undefined;

  constructor(options: KindWatchOptions<T>) {
    this.#options = options;
    this.#path = collectionPath(options.kind);
  }

  get status(): KindStatus {
    return this.#status;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** The server has answered someone else: there is no need to wait any longer before trying again. */
  nudge(): void {
    if (this.#status.state === 'failing') this.#waiting?.abort();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const wait = await this.#turn();
      if (wait > 0) await this.#pause(wait);
    }
  }

  async #pause(ms: number): Promise<void> {
    this.#waiting = new AbortController();
    await pause(this.#options.clock, ms, AbortSignal.any([this.#stop.signal, this.#waiting.signal]));
    this.#waiting = undefined;
  }

  /** Lists if needed, then watches until the watch ends. @returns how long to wait before the next turn, ms */
  async #turn(): Promise<number> {
    try {
      this.#version ??= await this.#list();
      return this.#ended(await this.#watch(this.#version));
    } catch (error) {
      return this.#stop.signal.aborted ? 0 : this.#failed(error);
    }
  }

  async #list(): Promise<string> {
    const { connection, sink } = this.#options;
    const { objects, resourceVersion } = await listKind(connection, this.#path, (raw) => sink.read(raw));
    if (this.#stop.signal.aborted) return resourceVersion;
    sink.replace(objects);
    this.#listed = true;
    this.#arrived();
    return resourceVersion;
  }

  async #watch(from: string): Promise<WatchEnd> {
    const { clock, connection } = this.#options;
    const stream = new WatchStream(connection, clock, this.#stop.signal);
    const started = clock.monotonic();
    try {
      await stream.open(`${this.#path}?${this.#query(from)}`);
      this.#arrived();
      for await (const event of stream.events()) if (this.#take(event) === 'expired') return 'expired';
      return 'closed';
    } finally {
      stream.close();
      if (stream.silent) this.#restarted('silence');
      if (clock.monotonic() - started >= limits.kube.reconnectCap) this.#attempt = 0;
    }
  }

  #take(event: WatchEvent): 'taken' | 'expired' {
    this.#heard();
    if (event.type === 'ERROR') return this.#refusal(event.code, event.message);
    this.#version = event.resourceVersion;
    if (event.type === 'BOOKMARK') return 'taken';
    const { sink } = this.#options;
    const object = sink.read(event.object);
    if (object === undefined) return 'taken';
    if (event.type === 'DELETED') sink.remove(object);
    else sink.upsert(object);
    return 'taken';
  }

  /** An ERROR line; everything but 410 is unexpected, and after it no version can be trusted. */
  #refusal(code: number, message: string): 'expired' {
    this.#version = undefined;
    if (code === 410) return 'expired';
    throw new ApiError(code >= 400 ? code : null, `${this.#options.connection.cluster}: ${message}`);
  }

  #query(from: string): string {
    const { clock } = this.#options;
    const timeout = Math.round(limits.kube.watchTimeoutSeconds * (1 + clock.random() / 4)); // so that watches do not end together
    return new URLSearchParams({
      watch: '1',
      allowWatchBookmarks: 'true',
      resourceVersion: from,
      timeoutSeconds: String(timeout),
    }).toString();
  }

  /** A watch that lived is resumed at once; one that did not waits, lest two machines keep each other busy. */
  #ended(end: WatchEnd): number {
    if (end === 'expired') {
      this.#version = undefined;
      this.#restarted('expired');
    }
    return this.#attempt === 0 ? this.#again() : this.#wait();
  }

  #again(): number {
    this.#attempt = 1;
    return 0;
  }

  #wait(): number {
    return backOff(this.#options.clock, this.#attempt++, limits.kube.reconnectBase, limits.kube.reconnectCap);
  }

  #failed(error: unknown): number {
    if (hasStatus(error, 410)) return this.#ended('expired');
    if (hasStatus(error, 404)) return this.#notServed(error);
    if (error instanceof UnreadableWatchError) this.#version = undefined;
    this.#restarted('failure');
    this.#enter({ state: 'failing', message: messageOf(error), refused: hasStatus(error, 401, 403) });
    return this.#wait();
  }

  /** An API server that has just started may not serve its CRDs yet, so objects leave at the second 404 only. */
  #notServed(error: unknown): number {
    this.#version = undefined;
    if (this.#listed && this.#missing++ === 0) {
      this.#enter({ state: 'failing', message: messageOf(error), refused: false });
      return limits.kube.reconnectBase;
    }
    if (this.#listed) this.#options.sink.replace([]);
    this.#listed = false;
    this.#attempt = 0;
    this.#heard(null);
    this.#enter({ state: 'absent', message: null, refused: false });
    return limits.kube.absentKindRetry;
  }

  #arrived(): void {
    this.#heard();
    this.#missing = 0;
    this.#enter({ state: 'synced', message: null, refused: false });
  }

  #heard(at: number | null = this.#options.clock.now()): void {
    const { connection, kind, metrics } = this.#options;
    metrics.watchHeard(connection.cluster, kind.kind, at);
  }

  #restarted(cause: string): void {
    const { connection, kind, metrics } = this.#options;
    metrics.watchRestarted(connection.cluster, kind.kind, cause);
  }

  #enter(next: Omit<KindStatus, 'known'>): void {
    const before = this.#status;
    const status = { ...next, known: before.known || next.state === 'synced' || next.state === 'absent' };
    this.#status = status;
    if (before.state === status.state && before.message === status.message) return;
    const { connection, kind, log, onStatus } = this.#options;
    const fields = { cluster: connection.cluster, controllerKind: kind.kind, state: status.state, error: status.message };
    if (status.state === 'failing' && before.state !== 'failing') log.warn('cluster watch is failing', fields);
    else if (before.state !== status.state) log.info('cluster watch', fields);
    onStatus(status, before);
  }
}
