import type { Change } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import type { Ranged } from '#core/range-evidence.ts';

/** What a change would make of the policies themselves. */
export interface PolicyProposal {
  /** Digest of the documents at its revision. */
  readonly documents: string;
  /** Why they cannot be taken into force, in words; null when they can. */
  readonly problem: string | null;
  /** Whether its revision descends from the one whose policies are in force. */
  readonly descends: boolean;
  /** What came since then, as far as the policies in force ask for it. */
  readonly range: Ranged;
}

/** Policies that come from a repository: each change of them is decided by those in force, then takes their place. */
export interface PolicyChanges {
  /**
   * What a change proposes; undefined when it leaves the policies as they are.
   * @throws HeadgateError as ReadBack: what cannot be read now is not decided
   */
  propose(change: Change): Promise<PolicyProposal | undefined>;
  /** Decides it by the policies in force. Together with the change's other decisions, so that all are made by the same ones. */
  decide(change: Change, proposal: PolicyProposal): Decision;
  /** Takes into force what was allowed, once that is in the journal. Does not reject: what fails now is done at the next look. */
  settled(change: Change, decision: Decision): Promise<void>;
}
