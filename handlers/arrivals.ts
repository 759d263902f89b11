import type { Hint, NewDelivery } from '#core/delivery.ts';
import { limits } from '#core/limits.ts';
import type { DeliveryHandling } from '#handlers/delivery-handling.ts';
import { handleGroup } from '#handlers/group.ts';
import type { RecentChanges } from '#handlers/recent-changes.ts';
import { settle } from '#handlers/settle.ts';

export interface Surroundings {
  /** Whether nothing that came before waits to be handled. */
  readonly isIdle: () => boolean;
  /** A delivery is in the journal and pending. */
  readonly onPending: () => void;
}

type Receipt = { readonly id: string; readonly known: boolean };

/**
 * Journals deliveries as they come. When nothing else is to be handled, and the source need not be asked, what comes of one is
 * worked out at once and handed to the journal in the same turn of the event loop: one commit brings delivery, decision and
 * lease, and Flux is asked an fsync earlier. The journal works in the order of the calls, so nothing of it is there without the
 * delivery. Whatever stands in the way, the delivery is pending, and handled like all others.
 */
export class Arrivals {
  readonly #deps: DeliveryHandling;
  readonly #recent: RecentChanges;
  readonly #around: Surroundings;
  /** By ref: what comes of a second delivery depends on the first. */
  readonly #underWay = new Map<string, Promise<boolean>>();

  constructor(deps: DeliveryHandling, recent: RecentChanges, around: Surroundings) {
    this.#deps = deps;
    this.#recent = recent;
    this.#around = around;
  }

  /** As DeliveryLog.append. */
  async accept(delivery: NewDelivery): Promise<Receipt> {
    const appending = this.#deps.journal.append(delivery);
    const settling = this.#trySettle(delivery);
    const receipt = await appending;
    void settling.then((settled) => settled || receipt.known || this.#around.onPending());
    return receipt;
  }

  /** Resolves when nothing is under way here. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  #trySettle(delivery: NewDelivery): Promise<boolean> {
    if (!('hint' in delivery.reading)) return Promise.resolve(true);
    if (!this.#canSettle(delivery)) return Promise.resolve(false);
    const { hint } = delivery.reading;
    const ref = JSON.stringify([delivery.source, hint.repository, hint.ref]);
    if (this.#underWay.has(ref)) return Promise.resolve(false);
    const settling = this.#settle(delivery, hint).finally(() => this.#underWay.delete(ref));
    this.#underWay.set(ref, settling);
    return settling;
  }

  /** A large body is handed to the journal later than what is called after it. */
  #canSettle({ source, body }: NewDelivery): boolean {
    if (!this.#around.isIdle() || body.byteLength > limits.journal.deflateInline) return false;
    return this.#deps.adapters.get(source)?.readBack === null;
  }

  /** @returns false when it stays pending: it could not be handled, or was known and is not there a second time */
  async #settle(delivery: NewDelivery, hint: Hint): Promise<boolean> {
    try {
      const settlements = await handleGroup(this.#deps, this.#recent, [{ ...delivery, hint, attempts: 0 }]);
      await settle(this.#deps, this.#recent, settlements);
      return true;
    } catch {
      return false;
    }
  }
}
