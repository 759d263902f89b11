import type { Cancel, Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { ApiError } from './api-error.ts';
import type { Connection } from './connection.ts';
import { LineSplitter } from './line-splitter.ts';
import { parseWatchEvent, type WatchEvent } from './watch-event.ts';

/** A line could not be read. It may have been a change, so what is known can no longer be trusted. */
export class UnreadableWatchError extends ApiError {}

/** One watch request: opened once, read once. Gives up when nothing is heard for limits.kube.watchSilence. */
export class WatchStream {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #silence = new AbortController();
  #chunks: AsyncIterable<Buffer> | undefined;
  #cancel: Cancel = () => {};

  /** @param stop ends the watch from outside */
  constructor(connection: Connection, clock: Clock, stop: AbortSignal) {
    this.#connection = connection;
    this.#clock = clock;
    this.#signal = AbortSignal.any([stop, this.#silence.signal]);
  }

  /** Whether it was given up because nothing was heard. */
  get silent(): boolean {
    return this.#silence.signal.aborted;
  }

  /** Resolves when the server has accepted the watch. */
  async open(path: string): Promise<void> {
    this.#chunks = await this.#connection.stream(path, this.#signal);
    this.#heard();
  }

  /**
   * The events as they come. A stream that breaks off ends like one that is closed: what matters is whether the next can be opened.
   * @throws UnreadableWatchError
   */
  async *events(): AsyncGenerator<WatchEvent> {
    const splitter = new LineSplitter(limits.kube.watchLineBytes);
    for await (const chunk of unbroken(this.#chunks ?? [])) {
      this.#heard();
      yield* this.#read(splitter, chunk);
    }
  }

  close(): void {
    this.#cancel();
  }

  #heard(): void {
    this.#cancel();
    this.#cancel = this.#clock.after(limits.kube.watchSilence, () => this.#silence.abort());
  }

  #read(splitter: LineSplitter, chunk: Buffer): readonly WatchEvent[] {
    try {
      return splitter.push(chunk).map(parseWatchEvent);
    } catch (error) {
      throw new UnreadableWatchError(null, `${this.#connection.cluster}: unreadable watch: ${messageOf(error)}`, error);
    }
  }
}

async function* unbroken(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* chunks;
  } catch {
    // the connection was cut, by the network or by our own abort
  }
}
