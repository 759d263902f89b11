import { submittedIn } from '#core/brought.ts';
import type { Change } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import type { PublishedArtifact } from '#core/reconcile.ts';
import { targetKey } from '#core/target.ts';
import { orderedJson } from '#journal/records/canonical-json.ts';
import type { Draft } from '#journal/records/chain.ts';

/*
 * The records that every push makes several of. Their fields stand here in order of their names, as RFC 8785 wants them
 * (canonical-json.ts); a test compares each draft with what a library makes of the same.
 */

export interface DecisionContext {
  readonly reconcile: string | null;
  /** Whether an earlier decision on the same change and target no longer held. */
  readonly again: boolean;
  /** Digest of what the source answered when it was asked; the answer itself is kept with the change, for as long as that is. */
  readonly readBack: string | null;
}

export type DecidedChange = Pick<Change, 'delivery' | 'before' | 'after' | 'readBack'>;

/**
 * Codes of reasons without their words, which follow from code and facts. Facts name source, repository, ref, revision and actors.
 * `brought`: what came with it by way of a review system, so that each submit can be paired with the outcomes of its decision; `broughtMore`: more than
 * those did, or may have.
 * @param facts those of the decision in order (sortedFields), people in them by reference
 */
export function decidedDraft(
  decision: Omit<Decision, 'facts'>,
  facts: Readonly<Record<string, unknown>>,
  { delivery, before, after, readBack: answer }: DecidedChange,
  { reconcile, again, readBack }: DecisionContext,
): Draft {
  const { id, change, target, verdict, wouldBe, enforcement, rule, lacked } = decision;
  const policies = decision.policies.map(({ hash, name, verdict: own }) => ({ hash, name, verdict: own }));
  const reasons = decision.reasons.map(({ code }) => code);
  const brought = submittedIn(answer?.range);
  const isCut = answer?.range?.lacked.includes('pulls') === true;
  return ({ at, kind, previous, seq }) =>
    orderedJson({
      after,
      again,
      at,
      before,
      ...(brought.length > 0 ? { brought, ...(isCut ? { broughtMore: true } : {}) } : {}),
      change,
      decision: id,
      delivery,
      enforcement,
      facts,
      kind,
      lacked,
      policies,
      previous,
      readBack,
      reasons,
      reconcile,
      rule,
      seq,
      target: targetKey(target),
      verdict,
      wouldBe,
    });
}

/** Which reconcile a record is about. */
export interface Attempt {
  readonly reconcile: string;
  readonly change: string;
  readonly decision: string;
  readonly target: string;
  readonly revision: string | null;
}

/** An artifact was published, and its tag moved to it, unless it was there. */
export function publishedDraft(
  { change, decision, reconcile, revision, target }: Attempt,
  { address, bytes, digest }: PublishedArtifact,
): Draft {
  return ({ at, kind, previous, seq }) =>
    orderedJson({ address, at, bytes, change, decision, digest, kind, previous, reconcile, revision, seq, target });
}

/** Flux was asked. */
export function triggeredDraft({ change, decision, reconcile, revision, target }: Attempt, token: string | null): Draft {
  return ({ at, kind, previous, seq }) => orderedJson({ at, change, decision, kind, previous, reconcile, revision, seq, target, token });
}

export interface ReachedOutcome {
  readonly outcome: string;
  readonly reason: string | null;
  /** Whether nothing follows. */
  readonly final: boolean;
}

export function outcomeDraft(
  { change, decision, reconcile, revision, target }: Attempt,
  { outcome, reason, final }: ReachedOutcome,
): Draft {
  return ({ at, kind, previous, seq }) =>
    orderedJson({ at, change, decision, final, kind, outcome, previous, reason, reconcile, revision, seq, target });
}
