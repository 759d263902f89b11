import type { ServerChannel } from 'ssh2';

/** Events that wait for one slow reader (`StreamEvents.MAX_EVENTS`). */
const MAX_EVENTS = 128;
/** What a reader that does not read takes up before its stream blocks. */
const BUFFERED_BYTES = 4 * 1024 * 1024;

export interface StreamSwitches {
  /** Each line goes out in packets of this many bytes. */
  readonly splitBytes?: number | undefined;
  /** Bytes that a reader may be behind before events wait, and then get lost. */
  readonly bufferedBytes?: number | undefined;
}

/** One `gerrit stream-events`: a queue of 128 events, what does not fit in is lost, and `dropped-output` is written before those that wait. */
export class EventStream {
  readonly #channel: ServerChannel;
  readonly #switches: () => StreamSwitches;
  readonly #dropped: () => string;
  readonly #queue: string[] = [];
  #hasDropped = false;
  #waiting = false;
  #frozen = false;
  /** Lines until events get lost, and how many then. */
  #gap: { after: number; count: number } | undefined;

  /** @param dropped makes the line of `dropped-output` */
  constructor(channel: ServerChannel, switches: () => StreamSwitches, dropped: () => string) {
    this.#channel = channel;
    this.#switches = switches;
    this.#dropped = dropped;
  }

  offer(line: string): void {
    if (this.#lost()) return;
    if (this.#queue.length >= MAX_EVENTS) {
      this.#hasDropped = true;
      return;
    }
    this.#queue.push(line);
    this.#flush();
  }

  /** Tells of lost output now; `count` events get lost after `after` more have gone out. */
  lose(count: number, after: number): void {
    this.#write(this.#dropped());
    this.#gap = { after, count };
  }

  /** The channel ends with an exit status; the connection stays. */
  exit(code: number): void {
    this.#channel.exit(code);
    this.#channel.end();
    this.#channel.close();
  }

  /** Nothing goes out until it is thawed. */
  freeze(frozen: boolean): void {
    this.#frozen = frozen;
    this.#flush();
  }

  #lost(): boolean {
    if (this.#gap === undefined) return false;
    if (this.#gap.after > 0) {
      this.#gap.after -= 1;
      return false;
    }
    this.#gap.count -= 1;
    if (this.#gap.count <= 0) this.#gap = undefined;
    return true;
  }

  #flush(): void {
    while (!this.#waiting && !this.#frozen && (this.#hasDropped || this.#queue.length > 0)) {
      if (this.#hasDropped) {
        this.#hasDropped = false;
        this.#write(this.#dropped());
      }
      const line = this.#queue.shift();
      if (line !== undefined) this.#write(line);
      if (this.#channel.writableLength > (this.#switches().bufferedBytes ?? BUFFERED_BYTES)) this.#wait();
    }
  }

  #wait(): void {
    this.#waiting = true;
    this.#channel.once('drain', () => {
      this.#waiting = false;
      this.#flush();
    });
  }

  #write(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    const step = this.#switches().splitBytes ?? bytes.byteLength;
    for (let at = 0; at < bytes.byteLength; at += step) this.#channel.write(bytes.subarray(at, at + step));
  }
}
