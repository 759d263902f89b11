import { pause } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { Archive } from '#core/ports/journal.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Metrics } from '#core/ports/telemetry.ts';
import { Gap } from '#handlers/gap.ts';
import { MuteProbe } from '#handlers/mute-probe.ts';
import { recoverMissed, type Recovering } from '#handlers/recover-missed.ts';
import { sweepSource, type Sweeping } from '#handlers/sweep.ts';

export interface SweeperDeps extends Sweeping, Recovering {
  readonly metrics: Pick<Metrics, 'sweeping' | 'swept'>;
  readonly journal: Sweeping['journal'] & Recovering['journal'] & Pick<Archive, 'deliveries'>;
  readonly inventory: Sweeping['inventory'] & Pick<Inventory, 'health'>;
}

/** Sweeps one source: at the start, on an interval, and when asked; never twice at once. */
class Sweeper {
  readonly #deps: SweeperDeps;
  readonly #adapter: SourceAdapter;
  readonly #readBack: ReadBack;
  readonly #intervalMs: number;
  readonly #probe: MuteProbe | undefined;
  readonly #stopping = new AbortController();
  #asked: string | undefined = 'start';
  /** While a gap in the stream is looked after. */
  #gap: Gap | undefined;
  /** When the last sweep ended, monotonic; when the last one that the source answered began, milliseconds since the epoch. */
  #endedAt = Number.NEGATIVE_INFINITY;
  #answeredFrom: number | undefined;
  /** When the source's own record was last looked at, and will be, monotonic. */
  #recoveredAt = Number.NEGATIVE_INFINITY;
  #recoverAt = Number.NEGATIVE_INFINITY;
  #wakeUp: () => void = () => {};
  #running: Promise<void> | undefined;

  /** @param intervalMs between the end of one sweep and the next */
  constructor(deps: SweeperDeps, adapter: SourceAdapter, readBack: ReadBack, intervalMs: number) {
    this.#deps = deps;
    this.#adapter = adapter;
    this.#readBack = readBack;
    this.#intervalMs = intervalMs;
    this.#probe = adapter.stream && new MuteProbe(deps, adapter.stream);
    deps.metrics.sweeping(adapter.name, intervalMs / 1_000);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /**
   * Asks for a sweep soon; many such requests are one. With a stream it means a gap: what is told of it may come before it has ended, so that
   * sweeps follow until two in a row agree after the stream has gone quiet.
   * @param cause for the record
   */
  ask(cause: string): void {
    this.#asked ??= cause;
    if (this.#adapter.stream) this.#gap = new Gap(this.#adapter.stream);
    this.#wakeUp();
  }

  /** Resolves when the sweep under way has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#probe?.stop();
    this.#wakeUp();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    await this.#watchedIsKnown();
    await this.#readBack.prepare?.();
    while (!signal.aborted) {
      await this.#sweep(this.#asked ?? this.#gap?.cause ?? 'interval');
      if (this.#asked === undefined) await this.#sleep(Math.min(this.#gap?.nextStep() ?? this.#intervalMs, this.#intervalMs));
      if (this.#asked !== undefined) await this.#untilAllowed();
    }
  }

  /** What somebody asks for is done at once, unless the last sweep was a moment ago. */
  async #untilAllowed(): Promise<void> {
    const { clock } = this.#deps;
    const { minInterval, streamInterval } = limits.sweep;
    const least = Math.min(this.#adapter.stream ? streamInterval : minInterval, this.#intervalMs);
    const left = this.#endedAt + least - clock.monotonic();
    if (left > 0) await pause(clock, left, this.#stopping.signal);
  }

  /** Until some cluster has told what it contains: before that nothing is known to be watched. */
  async #watchedIsKnown(): Promise<void> {
    const { clock, inventory } = this.#deps;
    const { signal } = this.#stopping;
    while (!signal.aborted && !inventory.health().some(({ known }) => known)) await pause(clock, limits.sweep.knowledgePoll, signal);
  }

  async #sweep(cause: string): Promise<void> {
    const { clock, log, metrics } = this.#deps;
    const source = this.#adapter.name;
    const begunAt = clock.now();
    this.#asked = undefined;
    const gap = this.#gap;
    try {
      const { refs, entered, refused } = await sweepSource(this.#deps, this.#adapter, this.#readBack, cause);
      this.#probe?.found(entered, this.#answeredFrom);
      this.#answeredFrom = begunAt;
      if (gap?.isOverAfter(begunAt, entered.length) && gap === this.#gap) this.#gapIsOver();
      await this.#recover();
      metrics.swept(source, refused.length === 0 ? 'done' : 'failed', clock.now());
      for (const { message, hint } of refused) log.warn('a sweep could not look at everything', { source, error: message, hint });
      log.debug('swept', { source, cause, refs, entered: entered.length });
    } catch (error) {
      metrics.swept(source, 'failed', clock.now());
      log.warn('a sweep failed; the next one looks again', { source, error: messageOf(error) });
    }
    this.#endedAt = clock.monotonic();
  }

  #gapIsOver(): void {
    this.#gap = undefined;
    this.#recoverAt = Math.min(this.#recoverAt, this.#recoveredAt + limits.sweep.recoveryAfterGap);
  }

  /** The record adds who and when; heads are the truth, so that a record which cannot be read spoils no sweep. */
  async #recover(): Promise<void> {
    const { clock, log } = this.#deps;
    if (this.#gap || clock.monotonic() < this.#recoverAt) return;
    this.#recoveredAt = clock.monotonic();
    this.#recoverAt = this.#recoveredAt + limits.sweep.recoveryInterval;
    try {
      await recoverMissed(this.#deps, this.#adapter);
    } catch (error) {
      this.#recoverAt = this.#recoveredAt + limits.sweep.recoveryRetry;
      log.warn("the source's own record of what it sent cannot be read now", { source: this.#adapter.name, error: messageOf(error) });
    }
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
