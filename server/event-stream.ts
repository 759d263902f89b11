import type { ServerResponse } from 'node:http';
import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Metrics } from '#core/ports/telemetry.ts';

export interface EventStreamsDeps {
  readonly clock: Clock;
  readonly shutdown: AbortSignal;
  readonly maxStreams?: number;
  readonly metrics: Pick<Metrics, 'streams'>;
}

/** Opens server-sent event streams (HTML Standard, "Server-sent events"), a bounded number at a time. */
export class EventStreams {
  readonly #deps: EventStreamsDeps;
  #open = 0;

  constructor(deps: EventStreamsDeps) {
    this.#deps = deps;
  }

  /**
   * Begins a stream. It ends when the client goes, when it does not read, and at shutdown.
   * @param onEnd called once, however it ends
   * @throws HeadgateError OVERLOADED, SHUTTING_DOWN
   */
  open(response: ServerResponse, onEnd: () => void): EventStream {
    const { shutdown, clock } = this.#deps;
    if (shutdown.aborted) throw new HeadgateError('SHUTTING_DOWN', 'the server is stopping');
    if (this.#open >= (this.#deps.maxStreams ?? limits.http.streams)) throw new HeadgateError('OVERLOADED', 'too many streams are open');
    this.#count(1);
    const stream = new EventStream(response, clock, onEnd);
    const end = (): void => stream.end();
    shutdown.addEventListener('abort', end, { once: true });
    response.once('close', () => {
      this.#count(-1);
      shutdown.removeEventListener('abort', end);
      stream.end();
    });
    stream.begin();
    return stream;
  }

  #count(by: 1 | -1): void {
    this.#open += by;
    this.#deps.metrics.streams(this.#open);
  }
}

export interface SentEvent {
  readonly event: string;
  readonly id?: string;
  readonly data: string;
}

/** One open stream. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  #cancelHeartbeat: () => void = () => {};
  #ended = false;

  /** EventStreams makes them. */
  constructor(response: ServerResponse, clock: Clock, onEnd: () => void) {
    this.#response = response;
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  get ended(): boolean {
    return this.#ended;
  }

  begin(): void {
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-accel-buffering': 'no',
    });
    this.#response.flushHeaders();
    this.#heartbeat();
  }

  /** Data of several lines arrives as it is: each line is a field of its own. */
  send({ event, id, data }: SentEvent): void {
    const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
    this.#write(`event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}${lines.join('')}\n`);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelHeartbeat();
    this.#response.end();
    this.#onEnd();
  }

  #heartbeat(): void {
    this.#cancelHeartbeat = this.#clock.after(limits.http.streamHeartbeat, () => {
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
