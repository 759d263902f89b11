import type { Outcome } from '#core/reconcile.ts';
import type { Condition } from './flux-object.ts';

/** What one object, or all of them together, amount to. */
export interface Verdict {
  /** null while it is not known yet. */
  readonly outcome: Outcome | null;
  /** Flux's reason, or a slug of ours where Flux has none. */
  readonly reason: string | null;
  /** Flux's own words where there are any. */
  readonly message: string | null;
}

export function verdict(outcome: Outcome | null, reason: string | null, message: string | null): Verdict {
  return { outcome, reason, message };
}

/** In the words of a condition. */
export function verdictBy(outcome: Outcome | null, condition: Condition | null): Verdict {
  return verdict(outcome, condition?.reason ?? null, condition?.message ?? null);
}
