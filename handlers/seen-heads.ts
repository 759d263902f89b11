import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { RefHead } from '#core/ports/read-back.ts';

interface SeenHead {
  readonly head: RefHead;
  /** Monotonic. */
  readonly until: number;
}

/**
 * Heads that a look of our own has just seen, by the delivery that tells of them: what confirming it would ask the source for, for a moment. It matters
 * where a source takes long to answer (a pull of Mercurial). In memory alone: after a restart the source is asked.
 */
export class SeenHeads {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #byDelivery = new Map<string, SeenHead>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** @param head as ReadBack.heads tells it, with every doubt */
  keep(delivery: string, head: RefHead): void {
    const now = this.#clock.monotonic();
    for (const [oldest, { until }] of this.#byDelivery) {
      if (until > now && this.#byDelivery.size < limits.readBack.seen) break;
      this.#byDelivery.delete(oldest);
    }
    this.#byDelivery.set(delivery, { head, until: now + limits.readBack.seenFor });
  }

  /** Undefined when it is not known, or was seen too long ago. */
  of(delivery: string): RefHead | undefined {
    const seen = this.#byDelivery.get(delivery);
    return seen && seen.until > this.#clock.monotonic() ? seen.head : undefined;
  }
}
