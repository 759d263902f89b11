import type { TargetRef } from '#core/target.ts';

/** `hold` waits for people (approvals, freezes); no policy of this version asks for it. */
export type Verdict = 'allow' | 'hold' | 'deny';
export type Mode = 'enforce' | 'audit';
/** How firmly a decision is held; see docs/concepts.md. Only `advisory` exists in this version. */
export type Enforcement = 'advisory';

/** May this change come to this target? Immutable. */
export interface Decision {
  readonly id: string;
  readonly change: string;
  readonly target: TargetRef;
  readonly verdict: Verdict;
  /** In `audit` mode the verdict that `enforce` would have given; null in `enforce` mode. */
  readonly wouldBe: Verdict | null;
  readonly enforcement: Enforcement;
  /** The policy and rule that decided, for example `payments changes[0]`, or `default` for the default denial. */
  readonly rule: string;
  readonly reasons: readonly Reason[];
  /** Every policy that had a say, with the SHA-256 of its normalised document. */
  readonly policies: readonly { readonly name: string; readonly hash: string; readonly verdict: Verdict }[];
  /** What it rested on. */
  readonly facts: Readonly<Record<string, string | boolean | readonly string[] | null>>;
  /** Facts that were not available. */
  readonly lacked: readonly string[];
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface Reason {
  /** Stable slug, for example `no-policy`. */
  readonly code: string;
  readonly message: string;
}
