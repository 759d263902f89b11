import type { Mode } from './decision.ts';
import type { TargetRef } from './target.ts';

/** What `enforce` would have come to, for whoever wants to turn policies from `audit` to `enforce`. */
export interface AuditReport {
  /** The window: milliseconds since the epoch. */
  readonly sinceAt: number;
  readonly untilAt: number;
  /** False when there are more decisions in the window than are read: then `sinceAt` is the oldest that was. */
  readonly complete: boolean;
  readonly policies: readonly PolicyAudit[];
}

/** One policy over the window. */
export interface PolicyAudit {
  readonly policy: string;
  /** As it is loaded now; null when it no longer is. */
  readonly mode: Mode | null;
  /** The first decision of the window that was made in audit mode; null when there is none. */
  readonly observedAt: number | null;
  /** Decisions in audit mode that it had a say in. */
  readonly decisions: number;
  /** Those that it would have allowed. */
  readonly passed: number;
  /** Why it would have denied the others, the most frequent first. A decision with two reasons counts for both. */
  readonly reasons: readonly AuditedReason[];
}

export interface AuditedReason {
  readonly code: string;
  readonly decisions: number;
  readonly targets: Named<TargetRef>;
  readonly refs: Named<AuditedRef>;
  /** The last one. */
  readonly example: { readonly decision: string; readonly change: string; readonly at: number; readonly message: string };
}

export interface AuditedRef {
  readonly source: string;
  readonly repository: string;
  readonly ref: string;
}

/** The first few of many. */
export interface Named<T> {
  readonly count: number;
  readonly first: readonly T[];
}
