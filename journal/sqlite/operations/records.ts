import type { DatabaseSync } from 'node:sqlite';
import type { Change } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import type { Progress } from '#core/ports/journal.ts';
import type { RecordKind } from '#core/ports/records.ts';
import { targetKey } from '#core/target.ts';
import { digestOf } from '#journal/records/chain.ts';
import { recordAdder } from '#journal/sqlite/operations/add-record.ts';
import type { Notes } from '#journal/sqlite/operations/notes.ts';
import { changeColumns, columnList, toChange, type ChangeRow } from '#journal/sqlite/rows.ts';

/** Puts every decision, every request to Flux and every outcome on record. */
export function recordNotes(db: DatabaseSync): Notes {
  const add = recordAdder(db);
  return {
    decided({ change, decisions, reconciles }) {
      const readBack = readBackDigest(change);
      const asked = new Map(reconciles.map(({ id, decision }) => [decision, id]));
      for (const decision of decisions) {
        const about = { reconcile: asked.get(decision.id) ?? null, again: false, readBack };
        add({ kind: 'decided', at: decision.at, content: decisionContent(decision, change, about) });
      }
    },
    superseding: supersededRecords(db, add),
    progressing: progressRecords(db, add),
  };
}

interface DecisionContext {
  readonly reconcile: string | null;
  /** Whether an earlier decision on the same change and target no longer held. */
  readonly again: boolean;
  readonly readBack: string | null;
}

/** Codes of reasons without their words, which follow from code and facts. Facts name source, repository, ref, revision and actors. */
function decisionContent(decision: Decision, change: Change, context: DecisionContext): Readonly<Record<string, unknown>> {
  const { id, verdict, wouldBe, enforcement, rule, policies, facts, lacked } = decision;
  const reasons = decision.reasons.map(({ code }) => code);
  const subject = { delivery: change.delivery, change: change.id, decision: id, target: targetKey(decision.target) };
  const moved = { before: change.before, after: change.after };
  return { ...subject, ...context, ...moved, verdict, wouldBe, enforcement, rule, reasons, policies, facts, lacked };
}

/** Of what the source answered when it was asked; the answer itself is kept with the change, for as long as that is. */
function readBackDigest({ readBack }: Change): string | null {
  return readBack && digestOf(readBack);
}

type Add = ReturnType<typeof recordAdder>;

function supersededRecords(db: DatabaseSync, add: Add): Notes['superseding'] {
  const ending = db.prepare(`
    SELECT id AS reconcile, change, decision, target, revision FROM reconcile INDEXED BY reconcile_queued
    WHERE target = ? AND state = 'queued' AND seq < ? ORDER BY seq`);
  const told = { outcome: 'superseded', reason: 'newer-revision', final: true };
  return (target, seq, now) => {
    for (const subject of ending.all(target, seq)) add({ kind: 'outcome', at: now, content: { ...subject, ...told } });
  };
}

/** What is on record already is not put there again: a failure of which only the message has changed. */
function progressRecords(db: DatabaseSync, add: Add): Notes['progressing'] {
  const decideAgain = repeatedDecision(db, add);
  const before = db.prepare('SELECT outcome, state, triggered_at FROM reconcile WHERE id = ?');
  const after = db.prepare(`
    SELECT id AS reconcile, change, decision, target, revision, token, outcome, reason, state FROM reconcile WHERE id = ?`);
  return (reconcile, progress, now) => {
    const { decided, outcome, triggeredAt, state } = progress;
    if (!decided && !outcome && triggeredAt === undefined) return () => {};
    const was = before.get(reconcile);
    const isTriggered = triggeredAt !== undefined && was?.['triggered_at'] === null;
    const isOutcome = Boolean(outcome) && (outcome !== was?.['outcome'] || (state === 'ended' && was?.['state'] !== 'ended'));
    return () => {
      if (decided) decideAgain(reconcile, decided);
      if (!isTriggered && !isOutcome) return;
      const { token, outcome: reached, reason, state: now_, ...subject } = after.get(reconcile) ?? {};
      const put = (kind: RecordKind, content: Readonly<Record<string, unknown>>): void => add({ kind, at: now, content });
      if (isTriggered) put('triggered', { ...subject, token });
      if (isOutcome) put('outcome', { ...subject, outcome: reached, reason, final: now_ === 'ended' });
    };
  };
}

/** Records a decision that took the place of an earlier one. */
function repeatedDecision(db: DatabaseSync, add: Add): (reconcile: string, decided: NonNullable<Progress['decided']>) => void {
  const read = db.prepare(`SELECT ${columnList(changeColumns)} FROM change WHERE id = ?`);
  return (reconcile, decided) => {
    const change = toChange(read.get(decided.change) as unknown as ChangeRow);
    const context = { reconcile, again: true, readBack: readBackDigest(change) };
    add({ kind: 'decided', at: decided.at, content: decisionContent(decided, change, context) });
  };
}
