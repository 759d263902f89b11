import { backOff, pause, type Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { HeardEvent, StreamHearer } from '#core/ports/event-stream.ts';
import type { Log } from '#core/ports/telemetry.ts';

export interface InboxDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly hearer: Pick<StreamHearer, 'heard' | 'gap' | 'atOnce'>;
  readonly maxEvents?: number;
  readonly maxBytes?: number;
}

/**
 * Events between the connection, which never waits, and the journal, which may be slow or away. They are handed over in order, some at once,
 * so that the journal commits them together. What does not fit is dropped, and told as a gap: at once, and again when there is room.
 */
export class Inbox {
  readonly #deps: InboxDeps;
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  readonly #stopping = new AbortController();
  #events: HeardEvent[] = [];
  #bytes = 0;
  #hasDropped = false;
  #failures = 0;
  #running: Promise<void> | undefined;

  constructor(deps: InboxDeps) {
    this.#deps = deps;
    this.#maxEvents = deps.maxEvents ?? limits.eventStream.waitingEvents;
    this.#maxBytes = deps.maxBytes ?? limits.eventStream.waitingBytes;
  }

  put(event: HeardEvent): void {
    const isFull = this.#events.length >= this.#maxEvents || this.#bytes + event.body.length > this.#maxBytes;
    if (isFull) return this.#drop();
    this.#events.push(event);
    this.#bytes += event.body.length;
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is being handed over any more. What the journal does not take now is left: a start looks at every ref. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  #drop(): void {
    if (!this.#hasDropped) this.#deps.hearer.gap('more events came than could be kept until the journal takes them');
    this.#hasDropped = true;
  }

  async #run(): Promise<void> {
    while (this.#events.length > 0) {
      const isTaken = await this.#handOver();
      if (!isTaken && this.#stopping.signal.aborted) break;
    }
    this.#running = undefined;
    if (!this.#hasDropped) return;
    this.#hasDropped = false;
    this.#deps.hearer.gap('events were dropped while the journal did not take them');
  }

  /** Those behind one that failed are handed over again with it: they keep their order, and the journal knows them by their ids. */
  async #handOver(): Promise<boolean> {
    const { hearer } = this.#deps;
    const batch = this.#events.slice(0, hearer.atOnce ?? limits.eventStream.batch);
    const results = await Promise.allSettled(batch.map(async (event) => hearer.heard(event)));
    const failedAt = results.findIndex(({ status }) => status === 'rejected');
    this.#forget(failedAt < 0 ? batch.length : failedAt);
    if (failedAt !== 0) this.#failures = 0; // another one is at the head now
    const failed = results[failedAt];
    if (failed?.status !== 'rejected') return true;
    await this.#failed(
      failed.reason,
      results.some(({ status }) => status === 'fulfilled'),
    );
    return false;
  }

  #forget(count: number): void {
    for (const { body } of this.#events.splice(0, count)) this.#bytes -= body.length;
  }

  /**
   * A journal that is away is waited for. One event that is not taken again and again while others are is a defect of its own, which must not
   * hold up what comes after it.
   * @param othersTaken of those that were handed over with it
   */
  async #failed(error: unknown, othersTaken: boolean): Promise<void> {
    const { clock, log, hearer } = this.#deps;
    this.#failures += 1;
    if (this.#failures === 1) log.warn('an event cannot be handed over, will retry', { error: messageOf(error) });
    if (othersTaken && this.#failures >= limits.eventStream.handTries) {
      const event = this.#events[0];
      log.error('an event is given up; its source is looked at instead', { deliveryId: event?.deliveryId, error: messageOf(error) });
      this.#forget(1);
      this.#failures = 0;
      return hearer.gap('an event could not be handed over');
    }
    await pause(clock, backOff(clock, this.#failures - 1, limits.eventStream.handBase, limits.eventStream.handCap), this.#stopping.signal);
  }
}
