import type { Access } from '#core/access.ts';
import type { Change } from '#core/change.ts';
import type { RefDoubt } from '#core/ref-doubt.ts';
import type { Ranged } from '#core/range-evidence.ts';
import type { Subject } from '#core/subject.ts';
import type { Footprint } from '#core/target.ts';
import type { PolicySet } from '#policy/documents.ts';

/** Who is behind a change, as far as it is verified; what an actor's source claims is not an identity. */
export interface Identities {
  /** Whoever asked for it with a token; null when nobody did, as for every push. */
  readonly subject: Subject | null;
}

export interface DecisionInput {
  readonly change: Change;
  /** The target and everything that moves with it. */
  readonly footprint: Footprint;
  readonly identities: Identities;
  readonly policies: PolicySet;
  /** What lies between the last revision that was allowed at the target and this one. */
  readonly range: Ranged;
  /** What the second authority of the target's cluster says. */
  readonly access: Access;
  /** What in the content of the change forbids to publish it for this target; absent where nothing is published. */
  readonly doubts?: readonly RefDoubt[];
  /** Whether repositories of the source whose names differ in case only are different ones. */
  readonly caseSensitive: boolean;
  /** Whether changes of the source come with votes and submit requirements. */
  readonly votes: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Of the decision. */
  readonly id: string;
}
