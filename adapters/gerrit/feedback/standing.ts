import { byTarget } from '#core/by-target.ts';
import type { Decision } from '#core/decision.ts';
import type { Story } from '#core/ports/journal.ts';
import type { Outcome, Reconcile } from '#core/reconcile.ts';
import type { TargetRef } from '#core/target.ts';

/** How a change stands at a target. `unchanged`: it held nothing for the target, which is as good as applied. */
export type ToldOutcome = Outcome | 'unchanged' | 'denied' | 'held';

export interface Standing {
  readonly target: TargetRef;
  readonly decision: Decision;
  readonly reconcile: Reconcile | undefined;
  /** Null while it is under way. A failure that Flux may get over counts: it may stay one for days. */
  readonly outcome: ToldOutcome | null;
}

/** What is to be said of one cluster, once for each outcome. */
export interface Telling {
  readonly cluster: string;
  readonly outcome: ToldOutcome;
  /** Those that it is about. */
  readonly about: readonly Standing[];
  /** How many targets of the cluster are under way. */
  readonly underWay: number;
}

/** What ended, the worst first: a message is headed by the worst of its targets. */
const WORST_FIRST: readonly ToldOutcome[] = ['failed', 'stalled', 'timed_out', 'skipped', 'superseded', 'applied', 'unchanged'];

/** Reasons of what was skipped because there was nothing to do. */
const NOTHING_TO_DO: ReadonlySet<string | null> = new Set(['paths', 'content-unchanged', 'chart-unchanged', 'included']);

/** Every target that the change was decided for. */
export function standingsOf(story: Pick<Story, 'decisions' | 'reconciles'>): readonly Standing[] {
  return byTarget(story).flatMap(({ target, decision, reconciles }) => {
    const reconcile = reconciles.at(-1);
    return decision ? [{ target, decision, reconcile, outcome: outcomeOf(decision, reconcile) }] : [];
  });
}

/**
 * What can be said of one cluster now. Denials at once. Of the targets that were let through nothing until the last of them has come to
 * an end, and then all of them together: neither a message for each, nor one that the next contradicts.
 */
export function tellingsOf(standings: readonly Standing[], cluster: string): readonly Telling[] {
  const here = standings.filter(({ target }) => target.cluster === cluster);
  const underWay = here.filter(({ outcome }) => outcome === null).length;
  const stopped = (['denied', 'held'] as const).map((outcome) => ({ outcome, about: here.filter((one) => one.outcome === outcome) }));
  const through = here.filter(({ outcome }) => outcome !== 'denied' && outcome !== 'held');
  const worst = WORST_FIRST.find((each) => through.some(({ outcome }) => outcome === each));
  const ended = underWay === 0 && worst !== undefined ? [{ outcome: worst, about: through }] : [];
  return [...stopped, ...ended].filter(({ about }) => about.length > 0).map((one) => ({ cluster, underWay, ...one }));
}

function outcomeOf({ verdict }: Decision, reconcile: Reconcile | undefined): ToldOutcome | null {
  if (verdict !== 'allow') return verdict === 'deny' ? 'denied' : 'held';
  if (!reconcile?.outcome) return null;
  const { outcome, reason } = reconcile;
  if (outcome !== 'skipped') return outcome;
  return reason === 'current' ? 'applied' : NOTHING_TO_DO.has(reason) ? 'unchanged' : 'skipped';
}
