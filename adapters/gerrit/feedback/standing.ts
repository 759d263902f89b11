import { byTarget } from '#core/by-target.ts';
import type { Decision } from '#core/decision.ts';
import type { Story } from '#core/ports/journal.ts';
import type { Heir } from '#core/ports/sink.ts';
import { hasSettled, type Outcome, type Reconcile } from '#core/reconcile.ts';
import { targetKey, type TargetRef } from '#core/target.ts';

/**
 * How a change stands at a target. `unchanged`: it held nothing for the target, which is as good as applied. `replaced`: superseded, and what
 * took its place runs without it.
 */
export type ToldOutcome = Outcome | 'unchanged' | 'replaced' | 'denied' | 'held';

export interface Standing {
  readonly target: TargetRef;
  readonly decision: Decision;
  /** Its own, or that of the heir. */
  readonly reconcile: Reconcile | undefined;
  /** Whose reconcile it was, when its own was superseded. */
  readonly heir: Heir | undefined;
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
const WORST_FIRST: readonly ToldOutcome[] = ['failed', 'stalled', 'timed_out', 'skipped', 'replaced', 'superseded', 'applied', 'unchanged'];

/** Every target that the change was decided for. @param heirs of what was superseded, by target key */
export function standingsOf(story: Pick<Story, 'decisions' | 'reconciles'>, heirs: ReadonlyMap<string, Heir>): readonly Standing[] {
  return byTarget(story).flatMap(({ target, decision, reconciles }) => {
    const own = reconciles.at(-1);
    if (!decision) return [];
    const heir = own?.outcome === 'superseded' ? heirs.get(targetKey(target)) : undefined;
    const reconcile = heir?.reconcile ?? own;
    return [{ target, decision, reconcile, heir, outcome: heir?.holds === false ? 'replaced' : outcomeOf(decision, reconcile) }];
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
  if (outcome !== 'skipped' || !hasSettled(reconcile)) return outcome;
  return reason === 'current' ? 'applied' : 'unchanged';
}
