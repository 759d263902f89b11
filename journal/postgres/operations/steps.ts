import type { Step } from '#core/reconcile.ts';

/** Steps as they are appended to a list that is kept as JSON: without its brackets. */
export function stepsText(steps: readonly Step[]): string {
  return JSON.stringify(steps).slice(1, -1);
}

/** SQL for a list of steps with more at its end. @param more an expression of what stepsText answers; empty = none */
export function stepsWith(list: string, more: string): string {
  return `CASE WHEN ${more} = '' THEN ${list} WHEN ${list} = '[]' THEN '[' || ${more} || ']' ELSE left(${list}, -1) || ',' || ${more} || ']' END`;
}
