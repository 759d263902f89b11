import { byTarget, type OfTarget } from '#core/by-target.ts';
import type { Decision } from '#core/decision.ts';
import type { Delivery } from '#core/delivery.ts';
import type { Story } from '#core/ports/journal.ts';
import type { Reconcile } from '#core/reconcile.ts';
import type { Status, Tone } from './badge.ts';

/** What was decided for one target, what came of it, and how it stands. */
export interface TargetStory extends OfTarget<Decision, Reconcile> {
  readonly status: Status;
}

/** A story by target: what did not deploy first. */
export function targetStories(story: Pick<Story, 'decisions' | 'reconciles'>): readonly TargetStory[] {
  const stories = byTarget(story).map((one) => ({ ...one, status: statusOf(one.decision, one.reconciles.at(-1)) }));
  return stories.toSorted((one, other) => rank(one) - rank(other));
}

const order: readonly Tone[] = ['bad', 'warn', 'busy', 'good', 'none'];

function rank({ status }: TargetStory): number {
  return order.indexOf(status.tone);
}

function statusOf(decision: Decision | undefined, reconcile: Reconcile | undefined): Status {
  if (reconcile !== undefined) return reconcileStatus(reconcile);
  if (decision?.verdict === 'deny') return { tone: 'bad', word: 'denied' };
  if (decision?.verdict === 'hold') return { tone: 'warn', word: 'held' };
  return { tone: 'busy', word: 'allowed' };
}

const tones: Readonly<Record<string, Tone>> = {
  applied: 'good',
  failed: 'bad',
  stalled: 'bad',
  timed_out: 'bad',
  skipped: 'warn',
  superseded: 'none',
};

/** How a reconcile stands, or one consumer under it. */
export function outcomeStatus(outcome: string | null, reason: string | null): Status {
  if (outcome === null) return { tone: 'busy', word: 'under way' };
  if (outcome === 'skipped' && unharmful.has(reason ?? '')) return { tone: 'good', word: 'current' };
  return { tone: tones[outcome] ?? 'none', word: outcome.replaceAll('_', ' ') };
}

/** Skipped, because there was nothing to do. */
const unharmful: ReadonlySet<string> = new Set(['current', 'content-unchanged', 'chart-unchanged', 'included']);

function reconcileStatus({ state, outcome, reason }: Pick<Reconcile, 'state' | 'outcome' | 'reason'>): Status {
  return state === 'queued' ? { tone: 'busy', word: 'waiting' } : outcomeStatus(outcome, reason);
}

/** The statuses of a change's targets with how many have each, in the order of targetStories; one that says why when there are none. */
export function changeStatuses(story: Story): readonly (Status & { readonly count: number })[] {
  const counts = new Map<string, Status & { readonly count: number }>();
  for (const { status } of targetStories(story)) {
    counts.set(status.word, { ...status, count: (counts.get(status.word)?.count ?? 0) + 1 });
  }
  return counts.size > 0 ? [...counts.values()] : [{ ...unmatchedStatus(story), count: 0 }];
}

function unmatchedStatus({ delivery, change, candidates }: Story): Status {
  if (delivery.state === 'pending') return { tone: 'busy', word: 'pending' };
  if (change.owed.length > 0) return { tone: 'busy', word: 'waits for a cluster' };
  return { tone: 'warn', word: candidates.length > 0 ? 'nothing follows this ref' : 'no object has this repository' };
}

const deliveryTones: Readonly<Record<string, Tone>> = { pending: 'busy', done: 'none', ignored: 'none', dead: 'bad' };

export function deliveryStatus({ state }: Pick<Delivery, 'state'>): Status {
  return { tone: deliveryTones[state] ?? 'none', word: state };
}
