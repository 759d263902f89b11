import type { Outcome } from '#core/reconcile.ts';

/** What can come about for one target of one change. `triggered`: its cluster has been asked. */
export type NewsKind = 'allowed' | 'denied' | 'held' | 'triggered' | Outcome;

/** The news of a decision. */
export const newsOfVerdict = { allow: 'allowed', deny: 'denied', hold: 'held' } as const;
