import type { Candidate, Change } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import type { Consumer, Footprint, SourceObject, TargetRef } from '#core/target.ts';

/** What would come of a change if it happened now. Nothing of it is written anywhere, so nothing of it has an id. */
export interface Explanation {
  /** The change that was asked about; null when what was given stands for none. */
  readonly change: ExplainedChange | null;
  /** Every target that the change matches, in the order of the live path. */
  readonly targets: readonly ExplainedTarget[];
  /** Source objects of the same repository that it would not bring anywhere, and why. */
  readonly candidates: readonly Candidate[];
  /** Why nothing would move; null when something would. */
  readonly reason: string | null;
  /** Clusters that have not answered yet: about them nothing is said. */
  readonly owed: readonly string[];
  /** What the answer rests on and does not show by itself. */
  readonly notes: readonly string[];
}

export interface ExplainedChange
  extends Pick<Change, 'source' | 'repository' | 'ref' | 'action' | 'before' | 'after' | 'revision' | 'confirmed' | 'actors' | 'lateFor'> {
  /** The id of a recorded change. */
  readonly id: string | null;
}

export interface ExplainedTarget {
  readonly target: TargetRef;
  /** Whether Headgate would ask Flux. */
  readonly moves: boolean;
  /** Why it would not although policy allows it: `suspended`, `current`, `not-head`. */
  readonly skipped: { readonly reason: string; readonly message: string } | null;
  readonly decision: Omit<Decision, 'id' | 'change'>;
  readonly source: Pick<SourceObject, 'url' | 'ref' | 'suspended' | 'artifactRevision'>;
  /** What follows it, and moves with it. */
  readonly consumers: readonly Consumer[];
  /** Every namespace that would be written to. */
  readonly namespaces: readonly string[];
}

/** @param skipped why Headgate would not ask Flux, whatever policy says */
export function explainTarget(decision: Decision, footprint: Footprint, skipped: ExplainedTarget['skipped']): ExplainedTarget {
  const { id: _id, change: _change, ...said } = decision;
  const { url, ref, suspended, artifactRevision } = footprint.source;
  const isAllowed = decision.verdict === 'allow';
  return {
    target: decision.target,
    moves: isAllowed && skipped === null,
    skipped: isAllowed ? skipped : null,
    decision: said,
    source: { url, ref, suspended, artifactRevision },
    consumers: footprint.consumers,
    namespaces: footprint.namespaces,
  };
}

/** An answer about which there is nothing to match. */
export function emptyExplanation(reason: string, change: ExplainedChange | null = null): Explanation {
  return { change, targets: [], candidates: [], reason, owed: [], notes: [] };
}

/** Why nothing would move, in words; null when something would. */
export function reasonOf({ targets, candidates, owed }: Pick<Explanation, 'targets' | 'candidates' | 'owed'>): string | null {
  if (targets.some(({ moves }) => moves)) return null;
  if (targets.length > 0)
    return targets.some(({ skipped }) => skipped === null) ? 'nothing of it is allowed' : 'no target would be triggered';
  if (owed.length > 0) return `no match so far; clusters that have not answered yet: ${owed.join(', ')}`;
  if (candidates.length === 0) return 'no cluster has a source object with this repository';
  const objects = candidates.length === 1 ? '1 source object' : `${candidates.length} source objects`;
  return `${objects} of this repository, none follows this change`;
}
