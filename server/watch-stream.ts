import type { ServerResponse } from 'node:http';
import type { Announcement, Announcer } from '#core/announcements.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { toWire } from '#core/wire.ts';
import type { EventStream, EventStreams } from '#server/event-stream.ts';

export interface WatchDeps {
  readonly announcer: Pick<Announcer, 'subscribe'>;
  readonly log: Log;
  readonly streams: EventStreams;
}

export interface Watched<T extends { readonly id: string }> {
  readonly kind: Announcement['kind'];
  /** What to begin with, oldest first. */
  first(): Promise<readonly T[]>;
  /** Whether whoever asked may still read: a session may end while its stream is open. */
  allowed(): boolean;
  /** The item of an announced id, undefined when it is gone or filtered out. */
  find(id: string): Promise<T | undefined>;
}

/** Streams of items. */
export class WatchStreams {
  readonly #deps: WatchDeps;

  constructor(deps: WatchDeps) {
    this.#deps = deps;
  }

  /**
   * Sends what there is, then each item again whenever it changes. Ends when the client goes, when it cannot keep up,
   * when it may read no longer, and at shutdown.
   * @throws HeadgateError OVERLOADED, SHUTTING_DOWN
   */
  start<T extends { readonly id: string }>(response: ServerResponse, watched: Watched<T>): void {
    const watch = new Watch(this.#deps, watched);
    watch.begin(this.#deps.streams.open(response, () => watch.stop()));
  }
}

class Watch<T extends { readonly id: string }> {
  readonly #deps: WatchDeps;
  readonly #watched: Watched<T>;
  /** Announced ids that have not been read yet; one that changes again meanwhile is read once. */
  readonly #due = new Set<string>();
  #stream: EventStream | undefined;
  #unsubscribe: () => void = () => {};
  #sending = true;

  constructor(deps: WatchDeps, watched: Watched<T>) {
    this.#deps = deps;
    this.#watched = watched;
  }

  /** Subscribed before it reads the list, so that nothing falls between the two. */
  begin(stream: EventStream): void {
    this.#stream = stream;
    this.#unsubscribe = this.#deps.announcer.subscribe(({ kind, id }) => this.#announced(kind, id));
    this.#run(async () => {
      for (const item of await this.#watched.first()) this.#send(item);
      await this.#sendDue();
    });
  }

  stop(): void {
    this.#unsubscribe();
  }

  #announced(kind: Announcement['kind'], id: string): void {
    if (kind !== this.#watched.kind) return;
    this.#due.add(id);
    if (this.#due.size > limits.http.streamBacklog) return this.#stream?.end();
    if (!this.#sending) this.#run(() => this.#sendDue());
  }

  /** One run at a time: two could send an item's states in the wrong order. #sendDue marks the end of a good run. */
  #run(task: () => Promise<void>): void {
    this.#sending = true;
    task().catch((error: unknown) => {
      this.#sending = false;
      this.#deps.log.warn('a watch stream ended', { error: messageOf(error) });
      this.#stream?.end();
    });
  }

  async #sendDue(): Promise<void> {
    for (let id = this.#nextDue(); id !== undefined; id = this.#nextDue()) {
      if (!this.#watched.allowed()) return this.#stream?.end();
      const item = await this.#watched.find(id);
      if (item !== undefined) this.#send(item);
    }
    this.#sending = false; // in the turn that found nothing due: what is announced next starts a new run
  }

  #nextDue(): string | undefined {
    const [id] = this.#stream?.ended ? [] : this.#due;
    if (id !== undefined) this.#due.delete(id);
    return id;
  }

  #send(item: T): void {
    this.#stream?.send({ event: this.#watched.kind, id: item.id, data: JSON.stringify(toWire(item)) });
  }
}
