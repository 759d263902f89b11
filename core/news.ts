import type { Outcome } from '#core/reconcile.ts';

/** What can come about for one target of one change. `triggered`: its cluster has been asked. */
export type NewsKind = 'allowed' | 'denied' | 'held' | 'triggered' | Outcome;

/** Every kind, in the order in which they may come about. */
export const newsKinds = [
  'allowed',
  'denied',
  'held',
  'triggered',
  'applied',
  'failed',
  'stalled',
  'superseded',
  'timed_out',
  'skipped',
] as const satisfies readonly NewsKind[];

/** The news of a decision. */
export const newsOfVerdict = { allow: 'allowed', deny: 'denied', hold: 'held' } as const;
