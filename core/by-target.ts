import { targetKey, type TargetRef } from '#core/target.ts';

/** What was decided for one target, and what came of it. */
export interface OfTarget<Decision, Reconcile> {
  readonly target: TargetRef;
  /** The newest. */
  readonly decision: Decision | undefined;
  /** Oldest first. */
  readonly reconciles: readonly Reconcile[];
}

interface Targeted {
  readonly target: TargetRef;
}

/** Groups a story by target, in the order of its decisions. */
export function byTarget<Decision extends Targeted, Reconcile extends Targeted & { readonly seq: number }>({
  decisions,
  reconciles,
}: {
  readonly decisions: readonly Decision[];
  readonly reconciles: readonly Reconcile[];
}): readonly OfTarget<Decision, Reconcile>[] {
  const targets = new Map([...decisions, ...reconciles].map(({ target }) => [targetKey(target), target]));
  return [...targets].map(([key, target]) => ({
    target,
    decision: decisions.findLast((decision) => targetKey(decision.target) === key),
    reconciles: reconciles.filter((reconcile) => targetKey(reconcile.target) === key).toSorted((one, other) => one.seq - other.seq),
  }));
}
