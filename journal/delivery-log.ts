import { pause, type Clock } from '#core/clock.ts';
import type { NewDelivery } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { DeliveryLog } from '#core/ports/journal.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { deflateBody } from '#journal/body.ts';
import type { Answer, AppendRequest, Submitter } from '#journal/protocol.ts';

/** Accepts deliveries within the backlog's bound, and knows whether the disk takes them. */
export class JournalDeliveryLog implements DeliveryLog {
  readonly #writer: Submitter;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Bytes of deliveries handed over and not yet on disk. */
  #backlog = 0;
  /** When appends began to fail, monotonic; undefined while they work. */
  #failingSince: number | undefined;
  #probing: Promise<boolean> | undefined;
  #closing = false;
  /** Appends that are not answered yet and when each began, monotonic; the oldest first. */
  readonly #underWay = new Map<Promise<unknown>, number>();

  constructor(writer: Submitter, clock: Clock, log: Log) {
    this.#writer = writer;
    this.#clock = clock;
    this.#log = log;
  }

  append(delivery: NewDelivery): Promise<Answer<'append'>> {
    const appending = this.#accept(delivery).finally(() => this.#underWay.delete(appending));
    this.#underWay.set(appending, this.#clock.monotonic());
    return appending;
  }

  async #accept(delivery: NewDelivery): Promise<Answer<'append'>> {
    if (this.#closing) throw new HeadgateError('JOURNAL_UNAVAILABLE', 'the journal is closed');
    const size = delivery.body.byteLength;
    const held = size + limits.http.appendBytes;
    if (this.#backlog + held > limits.http.appendBacklogBytes) {
      throw new HeadgateError('JOURNAL_UNAVAILABLE', `more than ${limits.http.appendBacklogBytes} bytes of deliveries wait for the disk`);
    }
    this.#backlog += held;
    try {
      const answer = await this.#append(delivery, size);
      this.#works();
      return answer;
    } catch (error) {
      throw this.#failed(error);
    } finally {
      this.#backlog -= held;
    }
  }

  /** Answers in bounded time: a disk that hangs neither takes nor refuses. */
  writable(): Promise<boolean> {
    if (this.#hangs()) return Promise.resolve(false);
    if (this.#failingSince === undefined) return Promise.resolve(true);
    this.#probing ??= this.#probe().finally(() => (this.#probing = undefined));
    return Promise.race([this.#probing, pause(this.#clock, limits.journal.probeTimeout).then(() => false)]);
  }

  #hangs(): boolean {
    const [oldest] = this.#underWay.values();
    return oldest !== undefined && this.#clock.monotonic() - oldest > limits.journal.hangs;
  }

  /** Takes no more, and resolves when what was handed over has been answered. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.allSettled(this.#underWay.keys());
  }

  async #append(delivery: NewDelivery, size: number): Promise<Answer<'append'>> {
    const deflating = deflateBody(delivery.body);
    const deflated = deflating instanceof Promise ? await deflating : deflating;
    return this.#writer.submit('append', toRequest(delivery, size, deflated), deflated.byteLength);
  }

  async #probe(): Promise<boolean> {
    try {
      await this.#writer.submit('probe', { bytes: limits.journal.probeBytes });
      await this.#writer.submit('unprobe', null);
      this.#works();
      return true;
    } catch {
      return false; // said once, by #failed
    }
  }

  #works(): void {
    if (this.#failingSince === undefined) return;
    const seconds = Math.round((this.#clock.monotonic() - this.#failingSince) / 1000);
    this.#failingSince = undefined;
    this.#log.info('the journal takes deliveries again', { seconds });
  }

  #failed(error: unknown): unknown {
    const unavailable = error instanceof HeadgateError && error.code === 'JOURNAL_UNAVAILABLE';
    if (!unavailable || this.#failingSince !== undefined) return error;
    this.#failingSince = this.#clock.monotonic();
    this.#log.error('the journal takes no deliveries; senders are answered 503 until it does', { error: error.message });
    return error;
  }
}

function toRequest(delivery: NewDelivery, size: number, deflated: Uint8Array): AppendRequest {
  const { id, source, deliveryId, kind, event, receivedAt, remote, reading } = delivery;
  const headers = JSON.stringify(delivery.headers);
  const claim = { id, source, deliveryId, kind, event, receivedAt, remote, headers, size, deflated };
  if ('ignored' in reading) return { ...claim, state: 'ignored', reason: reading.ignored, repository: null, hint: null };
  const { hint } = reading;
  return { ...claim, state: 'pending', reason: null, repository: hint.repository, hint: JSON.stringify(hint) };
}
