import assert from 'node:assert/strict';
import type { Attempt } from '#core/ports/clusters.ts';
import { at, condition, observe, told, wanted, type Sample } from './samples.ts';

export interface Case {
  readonly title: string;
  readonly objects: readonly Sample[];
  readonly attempt?: Partial<Attempt>;
  readonly overall: string;
  readonly consumers?: readonly string[];
  readonly message?: RegExp;
  readonly lagging?: boolean;
}

export const failing = (reason: string, message = 'no'): object[] => [
  condition('Ready', 'False', reason, message),
  condition('Reconciling', 'True', 'ProgressingWithRetry', `Building manifests for revision ${at(wanted)}`),
];
export const running = (message: string): object[] => [
  condition('Ready', 'Unknown', 'Progressing'),
  condition('Reconciling', 'True', 'Progressing', message),
];
export const stalled = (reason: string, generation = 1): object[] => [
  condition('Ready', 'False', reason, 'given up'),
  condition('Stalled', 'True', reason, 'given up', generation),
];

/** One test per case. */
export function describeCases(what: string, cases: readonly Case[]): void {
  describe(what, () => {
    for (const entry of cases) it(entry.title, () => run(entry));
  });
}

function run({ objects, attempt, overall, consumers, message, lagging }: Case): void {
  const seen = observe(objects, attempt);
  assert.equal(told(seen), overall);
  if (consumers) assert.deepEqual(seen.consumers.map(told), consumers);
  if (message) assert.match(seen.message ?? '', message);
  if (lagging !== undefined) assert.equal(seen.lagging, lagging);
}
