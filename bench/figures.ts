import { median } from './statistics.ts';

/** What a figure should reach, in the figure's own unit. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number } | { readonly below: number };

/** One measured quantity: a sample for each round, or one for the whole run. */
export interface Figure {
  readonly name: string;
  /** `/s`, `ms`, `MB`, `×`; empty for counts. */
  readonly unit: string;
  readonly samples: readonly number[];
  readonly goal?: Goal;
  /** What is compared, or what else a reader must know. */
  readonly note?: string;
}

/** Figures that were taken together, and how. */
export interface Section {
  readonly title: string;
  /** How it was measured, one line each. */
  readonly method: readonly string[];
  readonly figures: readonly Figure[];
}

/** Whether the median reaches the goal; undefined where there is none. */
export function reached({ samples, goal }: Figure): boolean | undefined {
  if (goal === undefined) return undefined;
  const value = median(samples);
  if ('atLeast' in goal) return value >= goal.atLeast;
  return 'atMost' in goal ? value <= goal.atMost : value < goal.below;
}

/** A yes-or-no result as a figure: how many cases broke the rule. */
export function violations(name: string, count: number, note: string): Figure {
  return { name, unit: '', samples: [count], goal: { atMost: 0 }, note };
}
