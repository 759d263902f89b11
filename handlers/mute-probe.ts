import type { Cancel, Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { EventStream } from '#core/ports/event-stream.ts';
import type { Archive } from '#core/ports/journal.ts';
import type { Log } from '#core/ports/telemetry.ts';
import type { WatchedRef } from '#handlers/unheard.ts';

export interface Probing {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Pick<Archive, 'deliveries'>;
}

/**
 * Finds out that a stream of events is connected and mute: refs moved while it was streaming, and no event has come since. It acts on that evidence
 * alone: that nothing comes says nothing where nothing happens. A stream that tells of other things is not mute; what it never tells of the account
 * may not read, which is said, and is no reason to connect again and again.
 */
export class MuteProbe {
  readonly #deps: Probing;
  readonly #stream: EventStream;
  #looking: Cancel | undefined;
  /** Suspicions in a row. */
  #voiced = 0;
  /** Before this moment no suspicion is voiced, monotonic. */
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(deps: Probing, stream: EventStream) {
    this.#deps = deps;
    this.#stream = stream;
  }

  /**
   * A sweep has found heads that nothing told of.
   * @param since when the sweep before this one began, milliseconds since the epoch: all of them moved after that; undefined when there was none
   */
  found(refs: readonly WatchedRef[], since: number | undefined): void {
    const { state, since: connectedAt } = this.#stream.health();
    const wasListening = state === 'streaming' && since !== undefined && connectedAt < since;
    if (refs.length === 0 || !wasListening || this.#looking) return;
    const at = this.#deps.clock.now();
    this.#looking = this.#deps.clock.after(limits.sweep.muteGrace, () => {
      this.#looking = undefined;
      void this.#look(refs, { since, at, connectedAt });
    });
  }

  stop(): void {
    this.#looking?.();
    this.#looking = undefined;
  }

  /** An event may have been on its way when the sweep was faster. */
  async #look(refs: readonly WatchedRef[], { since, at, connectedAt }: { since: number; at: number; connectedAt: number }): Promise<void> {
    const { state, since: stillSince, heardAt } = this.#stream.health();
    if (state !== 'streaming' || stillSince !== connectedAt) return;
    const untold = await this.#untold(refs, since);
    if (untold.length === 0) return;
    const names = untold.map(({ repository, ref }) => `${ref} of ${repository}`).join(', ');
    const hears = heardAt !== null && heardAt >= at;
    if (hears || this.#deps.clock.monotonic() < this.#notBefore) return this.#tellHidden(untold, names);
    this.#voice(names);
  }

  async #untold(refs: readonly WatchedRef[], since: number): Promise<readonly WatchedRef[]> {
    const untold: WatchedRef[] = [];
    for (const of of refs.slice(0, limits.sweep.muteNamed)) {
      const { source, repository, ref } = of;
      const { items } = await this.#deps.journal.deliveries({ source, repository, since }, { limit: limits.recent.changes, cursor: null });
      if (!items.some(({ kind, hint }) => kind === 'stream' && hint?.ref === ref)) untold.push(of);
    }
    return untold;
  }

  #tellHidden([first]: readonly WatchedRef[], names: string): void {
    this.#deps.log.warn('refs moved without an event, and it is not for the stream being mute: its account may lack Read on them', {
      source: first?.source,
      refs: names,
    });
  }

  #voice(names: string): void {
    const { clock } = this.#deps;
    const { least, most } = limits.sweep.muteBackOff;
    this.#notBefore = clock.monotonic() + Math.min(most, least * 2 ** Math.min(this.#voiced++, 30));
    this.#stream.suspectMute(names);
  }
}
