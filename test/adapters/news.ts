import type { News } from '#core/ports/sink.ts';
import type { Reconcile, StepName } from '#core/reconcile.ts';
import { sampleReconcile, target } from '../handlers/samples.ts';
import { sampleDecision, sampleStory } from './github/stories.ts';

/** A denial of the sample target. */
export function denial(more: Partial<News> = {}): News {
  const decision = sampleDecision({
    verdict: 'deny',
    rule: 'default',
    reasons: [{ code: 'no-policy', message: 'no policy covers the namespace apps' }],
  });
  const at = Date.UTC(2026, 0, 2);
  return {
    id: 'dec_1-denied',
    kind: 'denied',
    at,
    target,
    decision,
    reconcile: null,
    story: sampleStory({ decisions: [decision] }),
    ...more,
  };
}

/** An outcome of the sample reconcile, with the step that says so. */
export function outcome(kind: NonNullable<Reconcile['outcome']>, detail: string): News {
  const name: StepName = kind === 'timed_out' ? 'timed-out' : kind;
  const reconcile = sampleReconcile({ state: 'ended', outcome: kind, message: detail, steps: [{ at: 1, name, detail }] });
  const story = sampleStory({ reconciles: [reconcile] });
  return { ...denial(), id: `rec_1-${kind}`, kind, decision: sampleDecision(), reconcile, story };
}
