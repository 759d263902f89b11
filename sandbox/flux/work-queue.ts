import { backOff, type Cancel, type Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import type { Log } from '#core/ports/telemetry.ts';

/** When an object's next run is due without any event, milliseconds; `retry` = after a growing back-off; undefined = never. */
export type NextRun = number | 'retry' | undefined;

/** Flux's --min-retry-delay and --max-retry-delay. */
const MIN_RETRY = 750;
const MAX_RETRY = 15 * 60_000;

interface Entry {
  running: boolean;
  /** Asked for while it ran: one more run, however often it was asked. */
  dirty: boolean;
  failures: number;
  timer: Cancel | undefined;
}

/**
 * The work queue of controller-runtime: one run at a time per object, and all that happens during a run becomes one run after it.
 * That is why of a burst of tokens only the first and the last are ever echoed.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #run: (key: string) => Promise<NextRun>;
  readonly #concurrency: number;
  readonly #entries = new Map<string, Entry>();
  readonly #waiting = new Set<string>();
  #active = 0;
  #stopped = false;
  #idle: (() => void) | undefined;

  constructor(parts: { clock: Clock; log: Log; concurrency: number }, run: (key: string) => Promise<NextRun>) {
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#concurrency = parts.concurrency;
    this.#run = run;
  }

  add(key: string): void {
    if (this.#stopped) return;
    const entry = this.#entry(key);
    entry.timer?.();
    entry.timer = undefined;
    if (entry.running) entry.dirty = true;
    else this.#waiting.add(key);
    this.#next();
  }

  /** Forgets a deleted object's retries. */
  forget(key: string): void {
    this.#entries.get(key)?.timer?.();
    if (this.#entries.get(key)?.running === false) this.#entries.delete(key);
  }

  /** Starts nothing more and resolves when what runs has ended. */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting.clear();
    for (const entry of this.#entries.values()) entry.timer?.();
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle = resolve;
    });
  }

  #entry(key: string): Entry {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = { running: false, dirty: false, failures: 0, timer: undefined };
    this.#entries.set(key, entry);
    return entry;
  }

  #next(): void {
    while (!this.#stopped && this.#active < this.#concurrency) {
      const key = this.#waiting.values().next().value;
      if (key === undefined) return;
      this.#waiting.delete(key);
      this.#active += 1;
      void this.#work(key);
    }
  }

  async #work(key: string): Promise<void> {
    const entry = this.#entry(key);
    entry.running = true;
    entry.dirty = false;
    const next = await this.#run(key).catch((error: unknown): NextRun => {
      this.#log.error('a simulated controller failed', { object: key, error: messageOf(error) });
      return 'retry';
    });
    entry.running = false;
    this.#active -= 1;
    if (this.#stopped) return this.#active === 0 ? this.#idle?.() : undefined;
    entry.failures = next === 'retry' ? entry.failures + 1 : 0;
    if (entry.dirty) this.add(key);
    else this.#schedule(key, entry, next);
    this.#next();
  }

  #schedule(key: string, entry: Entry, next: NextRun): void {
    if (next === undefined) return;
    const delay = next === 'retry' ? backOff(this.#clock, entry.failures - 1, MIN_RETRY, MAX_RETRY) : next;
    entry.timer = this.#clock.after(delay, () => this.add(key));
  }
}
