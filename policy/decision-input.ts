import type { Change } from '#core/change.ts';
import type { Footprint } from '#core/target.ts';
import type { PolicySet } from '#policy/documents.ts';

/** Who is behind a change, as far as it is verified. This version verifies nobody: what an actor's source claims is not an identity. */
export interface Identities {
  readonly subject: null;
}

export interface DecisionInput {
  readonly change: Change;
  /** The target and everything that moves with it. */
  readonly footprint: Footprint;
  readonly identities: Identities;
  readonly policies: PolicySet;
  /** Whether repositories of the source whose names differ in case only are different ones. */
  readonly caseSensitive: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Of the decision. */
  readonly id: string;
}
