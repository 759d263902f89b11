import type { ServerResponse } from 'node:http';
import type { Announcement, Announcer } from '#core/announcements.ts';
import type { Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { toWire } from '#core/wire.ts';

export interface WatchDeps {
  readonly announcer: Pick<Announcer, 'subscribe'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly shutdown: AbortSignal;
  readonly maxStreams?: number;
}

export interface Watched<T extends { readonly id: string }> {
  readonly kind: Announcement['kind'];
  /** What to begin with, oldest first. */
  first(): Promise<readonly T[]>;
  /** The item of an announced id, undefined when it is gone or filtered out. */
  find(id: string): Promise<T | undefined>;
}

/** Opens server-sent event streams (HTML Standard, "Server-sent events"), a bounded number at a time. */
export class WatchStreams {
  readonly #deps: WatchDeps;
  #open = 0;

  constructor(deps: WatchDeps) {
    this.#deps = deps;
  }

  /**
   * Sends what there is, then each item again whenever it changes. Ends when the client goes, when it cannot keep up,
   * and at shutdown.
   * @throws HeadgateError OVERLOADED, SHUTTING_DOWN
   */
  start<T extends { readonly id: string }>(response: ServerResponse, watched: Watched<T>): void {
    const { shutdown } = this.#deps;
    if (shutdown.aborted) throw new HeadgateError('SHUTTING_DOWN', 'the server is stopping');
    if (this.#open >= (this.#deps.maxStreams ?? limits.http.streams)) throw new HeadgateError('OVERLOADED', 'too many streams are open');
    this.#open++;
    const stream = new Stream(this.#deps, response, watched);
    const end = (): void => stream.end();
    shutdown.addEventListener('abort', end, { once: true });
    response.once('close', () => {
      this.#open--;
      shutdown.removeEventListener('abort', end);
      stream.end();
    });
    stream.begin();
  }
}

class Stream<T extends { readonly id: string }> {
  readonly #deps: WatchDeps;
  readonly #response: ServerResponse;
  readonly #watched: Watched<T>;
  /** Announced ids that have not been read yet; one that changes again meanwhile is read once. */
  readonly #due = new Set<string>();
  readonly #unsubscribe: () => void;
  #cancelHeartbeat: () => void = () => {};
  #sending = true;
  #ended = false;

  constructor(deps: WatchDeps, response: ServerResponse, watched: Watched<T>) {
    this.#deps = deps;
    this.#response = response;
    this.#watched = watched;
    this.#unsubscribe = deps.announcer.subscribe(({ kind, id }) => this.#announced(kind, id));
  }

  /** Subscribed before it reads the list, so that nothing falls between the two. */
  begin(): void {
    this.#response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    this.#response.flushHeaders();
    this.#heartbeat();
    this.#run(async () => {
      for (const item of await this.#watched.first()) this.#send(item);
      await this.#sendDue();
    });
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unsubscribe();
    this.#cancelHeartbeat();
    this.#response.end();
  }

  #announced(kind: Announcement['kind'], id: string): void {
    if (kind !== this.#watched.kind) return;
    this.#due.add(id);
    if (this.#due.size > limits.http.streamBacklog) return this.end();
    if (!this.#sending) this.#run(() => this.#sendDue());
  }

  /** One run at a time: two could send an item's states in the wrong order. #sendDue marks the end of a good run. */
  #run(task: () => Promise<void>): void {
    this.#sending = true;
    task().catch((error: unknown) => {
      this.#sending = false;
      this.#deps.log.warn('a watch stream ended', { error: messageOf(error) });
      this.end();
    });
  }

  async #sendDue(): Promise<void> {
    for (let id = this.#nextDue(); id !== undefined; id = this.#nextDue()) {
      const item = await this.#watched.find(id);
      if (item !== undefined) this.#send(item);
    }
    this.#sending = false; // in the turn that found nothing due: what is announced next starts a new run
  }

  #nextDue(): string | undefined {
    const [id] = this.#ended ? [] : this.#due;
    if (id !== undefined) this.#due.delete(id);
    return id;
  }

  #send(item: T): void {
    this.#write(`event: ${this.#watched.kind}\nid: ${item.id}\ndata: ${JSON.stringify(toWire(item))}\n\n`);
  }

  #heartbeat(): void {
    this.#cancelHeartbeat = this.#deps.clock.after(limits.http.streamHeartbeat, () => {
      this.#write(': still here\n\n');
      if (!this.#ended) this.#heartbeat();
    });
  }

  /** A reader that does not read must not fill our memory. */
  #write(text: string): void {
    if (this.#ended) return;
    this.#response.write(text);
    if (this.#response.writableLength > limits.http.streamBacklogBytes) this.end();
  }
}
