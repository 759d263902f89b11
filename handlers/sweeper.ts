import { pause } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Metrics } from '#core/ports/telemetry.ts';
import { recoverMissed, type Recovering } from '#handlers/recover-missed.ts';
import { sweepSource, type Sweeping } from '#handlers/sweep.ts';

export interface SweeperDeps extends Sweeping, Recovering {
  readonly metrics: Pick<Metrics, 'sweeping' | 'swept'>;
  readonly journal: Sweeping['journal'] & Recovering['journal'];
  readonly inventory: Sweeping['inventory'] & Pick<Inventory, 'health'>;
}

/** Sweeps one source: at the start, on an interval, and when asked; never twice at once. */
class Sweeper {
  readonly #deps: SweeperDeps;
  readonly #adapter: SourceAdapter;
  readonly #readBack: ReadBack;
  readonly #intervalMs: number;
  readonly #stopping = new AbortController();
  #asked: string | undefined = 'start';
  /** When the source's own record was last looked at, monotonic. */
  #recoveredAt = Number.NEGATIVE_INFINITY;
  #wakeUp: () => void = () => {};
  #running: Promise<void> | undefined;

  /** @param intervalMs between the end of one sweep and the next */
  constructor(deps: SweeperDeps, adapter: SourceAdapter, readBack: ReadBack, intervalMs: number) {
    this.#deps = deps;
    this.#adapter = adapter;
    this.#readBack = readBack;
    this.#intervalMs = intervalMs;
    deps.metrics.sweeping(adapter.name, intervalMs / 1_000);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Asks for a sweep soon; many such requests are one. @param cause for the record */
  ask(cause: string): void {
    this.#asked ??= cause;
    this.#wakeUp();
  }

  /** Resolves when the sweep under way has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wakeUp();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock } = this.#deps;
    const { signal } = this.#stopping;
    await this.#watchedIsKnown();
    await this.#readBack.prepare?.();
    while (!signal.aborted) {
      await this.#sweep(this.#asked ?? 'interval');
      if (this.#asked === undefined) await this.#sleep(this.#intervalMs);
      if (this.#asked !== undefined) await pause(clock, Math.min(limits.sweep.minInterval, this.#intervalMs), signal);
    }
  }

  /** Until some cluster has told what it contains: before that nothing is known to be watched. */
  async #watchedIsKnown(): Promise<void> {
    const { clock, inventory } = this.#deps;
    const { signal } = this.#stopping;
    while (!signal.aborted && !inventory.health().some(({ known }) => known)) await pause(clock, limits.sweep.knowledgePoll, signal);
  }

  async #sweep(cause: string): Promise<void> {
    const { clock, log, metrics } = this.#deps;
    this.#asked = undefined;
    try {
      const { refs, entered } = await sweepSource(this.#deps, this.#adapter, this.#readBack, cause);
      await this.#recover();
      metrics.swept(this.#adapter.name, 'done', clock.now());
      log.debug('swept', { source: this.#adapter.name, cause, refs, entered });
    } catch (error) {
      metrics.swept(this.#adapter.name, 'failed', clock.now());
      log.warn('a sweep failed; the next one looks again', { source: this.#adapter.name, error: messageOf(error) });
    }
  }

  async #recover(): Promise<void> {
    const now = this.#deps.clock.monotonic();
    if (now - this.#recoveredAt < limits.sweep.recoveryInterval) return;
    await recoverMissed(this.#deps, this.#adapter);
    this.#recoveredAt = now;
  }

  /** Until the time is over, or somebody asks. */
  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#deps.clock.after(ms, resolve);
      this.#wakeUp = () => {
        cancel();
        resolve();
      };
      if (this.#stopping.signal.aborted) this.#wakeUp();
    });
  }
}

/** The sweepers of all sources that can be asked. */
export class Sweepers {
  readonly #bySource: ReadonlyMap<string, Sweeper>;

  /** @param sources each with the milliseconds between two sweeps of it */
  constructor(deps: SweeperDeps, sources: Iterable<{ readonly adapter: SourceAdapter; readonly interval: number }>) {
    const sweepers = [...sources].flatMap(({ adapter, interval }) =>
      adapter.readBack ? [[adapter.name, new Sweeper(deps, adapter, adapter.readBack, interval)] as const] : [],
    );
    this.#bySource = new Map(sweepers);
  }

  start(): void {
    for (const sweeper of this.#bySource.values()) sweeper.start();
  }

  /** Asks for a sweep of one source soon; nothing where it cannot be asked. */
  ask(source: string, cause: string): void {
    this.#bySource.get(source)?.ask(cause);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#bySource.values()].map((sweeper) => sweeper.stop()));
  }
}
