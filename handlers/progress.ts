import { limits } from '#core/limits.ts';
import type { Observation } from '#core/ports/clusters.ts';
import type { Progress } from '#core/ports/journal.ts';
import type { ConsumerOutcome, Outcome, Reconcile, Step, StepName } from '#core/reconcile.ts';
import { targetKey } from '#core/target.ts';

const FINAL: readonly Outcome[] = ['applied', 'stalled', 'superseded', 'skipped', 'timed_out'];

const STEP_OF: Readonly<Record<Outcome, StepName>> = {
  applied: 'applied',
  failed: 'failed',
  stalled: 'stalled',
  superseded: 'superseded',
  timed_out: 'timed-out',
  skipped: 'skipped',
};

/**
 * What an observation adds to a reconcile; undefined when it adds nothing.
 * A failure does not end it: Flux retries by itself, so a later success is noted as `recovered`.
 */
export function progressOf(reconcile: Reconcile, seen: Observation, now: number): Progress | undefined {
  const consumers = datedConsumers(reconcile.consumers, seen.consumers, now);
  const steps: Step[] = [];
  if (seen.artifactReached && !hasStep(reconcile, 'artifact')) {
    steps.push({ at: now, name: 'artifact', detail: `the source has ${seen.artifactRevision}` });
  }
  const verdict = outcomeOf(reconcile, seen, now, steps);
  const message = verdict ? undefined : changedMessage(reconcile, seen);
  if (!consumers && !verdict && steps.length === 0 && message === undefined) return undefined;
  return {
    ...(consumers ? { consumers } : {}),
    ...(message === undefined ? {} : { message }),
    ...verdict,
    ...(steps.length > 0 ? { steps } : {}),
  };
}

/** What ends a reconcile whose deadline has passed. A failure that Flux still retries stays a failure. */
export function expired(reconcile: Reconcile, seen: Observation, now: number): Progress {
  if (reconcile.outcome === 'failed') return { state: 'ended', endedAt: now };
  const [reason, message] = whatIsMissing(reconcile, seen);
  return { state: 'ended', outcome: 'timed_out', reason, message, endedAt: now, steps: [{ at: now, name: 'timed-out', detail: message }] };
}

function whatIsMissing(reconcile: Reconcile, seen: Observation): readonly [reason: string, message: string] {
  if (!seen.artifactReached && reconcile.revision !== null) {
    return ['not-at-revision', `the source is at ${seen.artifactRevision ?? 'no revision'}, it never reached ${reconcile.revision}`];
  }
  const waiting = seen.consumers.filter(({ outcome }) => outcome === null);
  const list = waiting.map(({ object, message }) => `${targetKey(object)}${message ? ` (${message})` : ''}`);
  return [
    'no-outcome',
    list.length > 0 ? `still waiting for ${list.join(', ')}` : (seen.message ?? 'the cluster reported no outcome in time'),
  ];
}

function outcomeOf(reconcile: Reconcile, seen: Observation, now: number, steps: Step[]): Progress | undefined {
  const { outcome, reason } = seen;
  if (outcome === null) return undefined;
  const message = seen.message?.slice(0, limits.outcome.messageChars) ?? null;
  if (outcome === reconcile.outcome && message === reconcile.message && reason === reconcile.reason) return undefined;
  const changed = outcome !== reconcile.outcome;
  const recovered = outcome === 'applied' && reconcile.outcome === 'failed';
  if (recovered) steps.push({ at: now, name: 'recovered', detail: 'it had failed before; Flux retried' });
  if (changed) steps.push({ at: now, name: STEP_OF[outcome], detail: message ?? reason ?? '' });
  const final = FINAL.includes(outcome);
  return { outcome, reason, message, ...(final ? { state: 'ended', endedAt: now } : {}) };
}

/** While it is under way the message says what is being waited for; it is written when it changes. */
function changedMessage(reconcile: Reconcile, seen: Observation): string | undefined {
  if (seen.message === null || reconcile.outcome !== null) return undefined;
  const message = seen.message.slice(0, limits.outcome.messageChars);
  return message === reconcile.message ? undefined : message;
}

function hasStep(reconcile: Reconcile, name: StepName): boolean {
  return reconcile.steps.some((step) => step.name === name);
}

/** The consumers with the moment at which each came to its outcome; undefined when none has changed. */
function datedConsumers(
  before: readonly ConsumerOutcome[],
  seen: Observation['consumers'],
  now: number,
): readonly ConsumerOutcome[] | undefined {
  const known = new Map(before.map((consumer) => [targetKey(consumer.object), consumer]));
  let changed = before.length !== seen.length;
  const dated = seen.map((consumer) => {
    const last = known.get(targetKey(consumer.object));
    if (last && sameConsumer(last, consumer)) return last;
    changed = true;
    return { ...consumer, at: consumer.outcome === null ? null : now };
  });
  return changed ? dated : undefined;
}

function sameConsumer(a: ConsumerOutcome, b: Omit<ConsumerOutcome, 'at'>): boolean {
  return a.outcome === b.outcome && a.reason === b.reason && a.message === b.message && a.revision === b.revision;
}

/** The reconcile with the progress applied to it, as the journal applies it. */
export function applied(reconcile: Reconcile, { steps, decided, ...fields }: Progress): Reconcile {
  return {
    ...reconcile,
    ...fields,
    ...(decided ? { decision: decided.id } : {}),
    steps: [...reconcile.steps, ...(steps ?? [])],
  };
}
