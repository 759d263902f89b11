import type { DeliveryState } from '#core/delivery.ts';
import type { Lease } from '#core/ports/journal.ts';
import type { Outcome, ReconcileState } from '#core/reconcile.ts';
import type { JournalWorld } from './journal-world.ts';

export interface ModelReconcile {
  readonly id: string;
  readonly n: number;
  readonly target: string;
  state: ReconcileState;
  outcome: Outcome | null;
}

/** What a journal should hold, as plainly as it can be said. */
export class Model {
  /** n → state and whether its body is still there. */
  readonly deliveries = new Map<number, { state: DeliveryState; body: boolean }>();
  /** In the order of being queued. */
  reconciles: ModelReconcile[] = [];
  readonly fences = new Map<string, number>();
  /** The live lease of a target and when it expires, monotonic. */
  readonly leases = new Map<string, { readonly lease: Lease; readonly expires: number; isOrphan: boolean }>();
  /** Leases that were given back, lost or overtaken. */
  readonly stale: Lease[] = [];
  /** What the runs have reached; a run that never did is no evidence. */
  readonly seen: Set<string>;
  next = 1;

  constructor(seen: Set<string>) {
    this.seen = seen;
  }

  /** Monotonic; until then some targets may be another process's to work on. */
  offeredUntil = 0;

  /** Nobody is left who would give them back: they last until they expire. */
  orphanLeases(): void {
    for (const held of this.leases.values()) held.isOrphan = true;
  }

  /** What the process holds that ends in order. */
  endLeases(): void {
    for (const [target, { lease, isOrphan }] of this.leases) {
      if (isOrphan) continue;
      this.stale.push(lease);
      this.leases.delete(target);
    }
  }

  pending(): readonly number[] {
    return [...this.deliveries].filter(([, { state }]) => state === 'pending').map(([n]) => n);
  }

  /** The n that a choice in [0, 1) stands for. */
  pick<T>(among: readonly T[], choice: number): T | undefined {
    return among[Math.floor(choice * among.length)];
  }

  unfinished(n: number): boolean {
    return this.deliveries.get(n)?.state === 'pending' || this.reconciles.some((one) => one.n === n && one.state !== 'ended');
  }
}

/** The journal under test. Its world outlives reopening. */
export type Real = JournalWorld;
