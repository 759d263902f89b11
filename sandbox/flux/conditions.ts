/** metav1.Condition. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
}

export type NewCondition = Omit<Condition, 'lastTransitionTime' | 'observedGeneration'>;

/** Sets one condition; the time of transition moves only when the status does. Ready stands first, as Flux sorts them. */
export function withCondition(
  conditions: readonly Condition[],
  condition: NewCondition,
  generation: number,
  time: string,
): readonly Condition[] {
  const before = conditions.find((each) => each.type === condition.type);
  const lastTransitionTime = before?.status === condition.status ? before.lastTransitionTime : time;
  const next = { ...condition, observedGeneration: generation, lastTransitionTime };
  return [...conditions.filter((each) => each.type !== condition.type), next].sort(byImportance);
}

export function withoutConditions(conditions: readonly Condition[], ...types: readonly string[]): readonly Condition[] {
  return conditions.filter((each) => !types.includes(each.type));
}

const ORDER = ['Stalled', 'Reconciling', 'Ready'];

function byImportance(left: Condition, right: Condition): number {
  return rank(left.type) - rank(right.type) || (left.type < right.type ? -1 : 1);
}

function rank(type: string): number {
  const index = ORDER.indexOf(type);
  return index < 0 ? ORDER.length : index;
}
