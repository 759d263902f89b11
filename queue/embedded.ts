import { backOff, type Cancel, type Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Queue, QueueStats } from '#core/ports/queue.ts';
import type { Log } from '#core/ports/telemetry.ts';

export interface EmbeddedQueueOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Handlers at once, over all keys. Default limits.queue.concurrency. */
  readonly concurrency?: number;
  /** Least time between two starts of one key, milliseconds. Default limits.queue.minInterval. */
  readonly minIntervalMs?: number;
  /** Every key that has work, read from the journal. */
  readonly rescan: () => Promise<readonly string[]>;
  /** Default limits.queue.rescan. */
  readonly rescanMs?: number;
}

type Handler = (key: string) => Promise<void>;

/** `ready` waits for a free handler, `resting` until it may start again, `retrying` for the end of its back-off. */
type Phase = 'ready' | 'active' | 'resting' | 'retrying';

interface Entry {
  phase: Phase;
  /** Whether there is work for it beyond the present run. */
  wanted: boolean;
  /** When the oldest work that it waits for was announced, monotonic. */
  since: number;
  startedAt: number;
  failures: number;
  cancel: Cancel;
}

/** A queue in this process. It holds nothing that the journal does not: `rescan` fills it again after a restart. */
export function embeddedQueue(options: EmbeddedQueueOptions): Queue {
  return new EmbeddedQueue(options);
}

class EmbeddedQueue implements Queue {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #concurrency: number;
  readonly #minInterval: number;
  readonly #rescan: () => Promise<readonly string[]>;
  readonly #rescanInterval: number;
  /** Every key that is known at the moment. One that rests without work is kept for its interval only. */
  readonly #entries = new Map<string, Entry>();
  /** Keys in phase `ready`, first come first served. */
  readonly #ready = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  #handler: Handler | undefined;
  #stopped = false;
  #cancelRescan: Cancel = () => {};

  constructor(options: EmbeddedQueueOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#concurrency = options.concurrency ?? limits.queue.concurrency;
    this.#minInterval = options.minIntervalMs ?? limits.queue.minInterval;
    this.#rescan = options.rescan;
    this.#rescanInterval = options.rescanMs ?? limits.queue.rescan;
  }

  async enqueue(keys: readonly string[]): Promise<void> {
    if (this.#stopped) return;
    for (const key of keys) this.#want(key);
    this.#pump();
  }

  start(handler: Handler): void {
    if (this.#handler || this.#stopped) return;
    this.#handler = handler;
    this.#pump();
    this.#look();
  }

  stats(): QueueStats {
    const waiting = [...this.#entries.values()].filter(({ phase, wanted }) => wanted && (phase === 'ready' || phase === 'resting'));
    const retrying = [...this.#entries.values()].filter(({ phase }) => phase === 'retrying').length;
    const now = this.#clock.monotonic();
    const oldestMs = waiting.reduce((oldest, { since }) => Math.max(oldest, now - since), 0);
    return { waiting: waiting.length, active: this.#running.size, retrying, oldestMs };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelRescan();
    for (const { cancel } of this.#entries.values()) cancel();
    await Promise.all(this.#running);
  }

  /** A key that rests, runs or backs off only notes that there is work: announcing it again makes nothing faster. */
  #want(key: string): void {
    const entry = this.#entries.get(key);
    const now = this.#clock.monotonic();
    if (!entry) {
      this.#entries.set(key, { phase: 'ready', wanted: true, since: now, startedAt: 0, failures: 0, cancel: () => {} });
      this.#ready.add(key);
    } else if (!entry.wanted) {
      entry.wanted = true;
      entry.since = now;
    }
  }

  #pump(): void {
    if (!this.#handler || this.#stopped) return;
    for (const key of this.#ready) {
      if (this.#running.size >= this.#concurrency) return;
      this.#ready.delete(key);
      this.#run(key, this.#handler);
    }
  }

  #run(key: string, handler: Handler): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    entry.phase = 'active';
    entry.wanted = false;
    entry.startedAt = this.#clock.monotonic();
    const running = this.#attempt(key, entry, handler).finally(() => {
      this.#running.delete(running);
      this.#pump();
    });
    this.#running.add(running);
  }

  async #attempt(key: string, entry: Entry, handler: Handler): Promise<void> {
    try {
      await handler(key);
      entry.failures = 0;
      this.#pause(key, entry, 'resting', 0);
    } catch (error) {
      const wait = backOff(this.#clock, entry.failures, limits.queue.retryBase, limits.queue.retryCap);
      entry.failures++;
      this.#log.warn('work on a target failed, will retry', {
        target: key,
        error: messageOf(error),
        failures: entry.failures,
        retryInMs: Math.round(wait),
      });
      this.#want(key);
      this.#pause(key, entry, 'retrying', wait);
    }
  }

  /** Keeps a key for `least` milliseconds, and until its interval has passed; then it is ready again, or forgotten. */
  #pause(key: string, entry: Entry, phase: 'resting' | 'retrying', least: number): void {
    const interval = entry.startedAt + this.#minInterval - this.#clock.monotonic();
    entry.phase = phase;
    if (this.#stopped) return;
    entry.cancel = this.#clock.after(Math.max(0, least, interval), () => this.#wake(key, entry));
  }

  #wake(key: string, entry: Entry): void {
    if (!entry.wanted) {
      this.#entries.delete(key);
      return;
    }
    entry.phase = 'ready';
    this.#ready.add(key);
    this.#pump();
  }

  /** Finds again what an enqueue or a restart has lost. */
  #look(): void {
    this.#rescan()
      .then((keys) => this.enqueue(keys))
      .catch((error: unknown) => this.#log.warn('queued work could not be looked for, will retry', { error: messageOf(error) }))
      .finally(() => {
        if (!this.#stopped) this.#cancelRescan = this.#clock.after(this.#rescanInterval, () => this.#look());
      });
  }
}
