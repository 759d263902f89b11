import { backOff, pause, type Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { StreamHearer } from '#core/ports/event-stream.ts';
import type { JsonPost } from '#core/ports/json-post.ts';
import type { Log, Metrics } from '#core/ports/telemetry.ts';
import { logChange } from '#handlers/streams.ts';

/** Where the events of one source go. */
export interface Destination {
  readonly source: string;
  /** Of the server: `…/hooks/review`. */
  readonly url: string;
  /** With the secret as it is now. @throws HeadgateError SECRET_UNAVAILABLE */
  readonly authorization: () => string;
  /** What tells the server that events may be missing. @param now milliseconds since the epoch */
  readonly lossNotice: (now: number) => string;
}

export interface ForwardDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly post: JsonPost;
  readonly metrics: Pick<Metrics, 'streamChanged' | 'streamGap'>;
}

/** Hands what is heard of a source to a server, which journals it. An event is done with when the server has answered 2xx: it is on disk there. */
export class Forwarder implements StreamHearer {
  readonly atOnce = limits.eventStream.requests;
  readonly #deps: ForwardDeps;
  readonly #destination: Destination;
  readonly #stopping = new AbortController();
  /** Why the server is to be told of a loss; undefined when it has been. */
  #owed: string | undefined;
  #telling: Promise<void> | undefined;
  #trouble: string | null = null;

  constructor(deps: ForwardDeps, destination: Destination) {
    this.#deps = deps;
    this.#destination = destination;
  }

  /** Why the last that was sent was not taken; null when it was. */
  get trouble(): string | null {
    return this.#trouble;
  }

  async heard({ body, deliveryId, event }: Parameters<StreamHearer['heard']>[0]): Promise<void> {
    const { source } = this.#destination;
    await this.#send(Buffer.from(body).toString('utf8'));
    this.#deps.log.info('event handed over', { source, deliveryId, event });
  }

  /** Many losses that could not be told yet are one. */
  gap(cause: string): void {
    this.#deps.metrics.streamGap(this.#destination.source);
    this.#owed ??= cause;
    this.#telling ??= this.#tell().finally(() => (this.#telling = undefined));
  }

  changed(health: Parameters<StreamHearer['changed']>[0]): void {
    const { log, metrics } = this.#deps;
    metrics.streamChanged(this.#destination.source, health.state);
    logChange(log, this.#destination.source, health);
  }

  /** Resolves when nothing is being sent any more. A loss that could not be told is forgotten: the next connection is one again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#telling;
  }

  async #tell(): Promise<void> {
    const { clock, log } = this.#deps;
    const { source, lossNotice } = this.#destination;
    for (let attempt = 0; this.#owed !== undefined && !this.#stopping.signal.aborted; attempt += 1) {
      const cause = this.#owed;
      this.#owed = undefined;
      try {
        await this.#send(lossNotice(clock.now()));
        log.info('events may be missing; the server was told to look', { source, cause });
        attempt = -1;
      } catch (error) {
        this.#owed ??= cause;
        if (attempt === 0)
          log.warn('the server cannot be told that events may be missing, will retry', { source, error: messageOf(error) });
        await pause(clock, backOff(clock, attempt, limits.eventStream.handBase, limits.eventStream.handCap), this.#stopping.signal);
      }
    }
  }

  async #send(body: string): Promise<void> {
    const { url, authorization } = this.#destination;
    try {
      await this.#deps.post({ url, headers: { authorization: authorization() }, body });
      this.#trouble = null;
    } catch (error) {
      this.#trouble = messageOf(error);
      throw error;
    }
  }
}
