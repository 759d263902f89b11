import type { DatabaseSync } from 'node:sqlite';
import type { Change } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import type { Progress } from '#core/ports/journal.ts';
import { sortedFields } from '#journal/records/canonical-json.ts';
import { digestOf } from '#journal/records/chain.ts';
import {
  decidedDraft,
  outcomeDraft,
  publishedDraft,
  triggeredDraft,
  type Attempt,
  type DecidedChange,
  type DecisionContext,
} from '#journal/records/drafts.ts';
import type { PersonReferences } from '#journal/records/person-references.ts';
import type { Notes } from '#journal/sqlite/operations/notes.ts';
import type { RecordWriter } from '#journal/sqlite/operations/record-writer.ts';
import { stored, type ChangeRow } from '#journal/rows.ts';

const nothing = (): void => {};

/** Puts every decision, every request to Flux and every outcome on record. */
export function recordNotes(db: DatabaseSync, writer: RecordWriter, references: PersonReferences): Notes {
  const decide = decisionRecorder(writer, references);
  return {
    decided({ change, decisions, reconciles }) {
      if (decisions.length === 0) return;
      const readBack = change.readBack && digestOf(change.readBack);
      const asked = new Map(reconciles.map(({ id, decision }) => [decision, id]));
      for (const decision of decisions) {
        const context = { reconcile: asked.get(decision.id) ?? null, again: false, readBack };
        decide(decision, change, context);
      }
    },
    superseding: supersededRecords(db, writer),
    progressing: progressRecords(db, writer, repeatedDecision(db, decide)),
  };
}

type Decide = (decision: Decision, change: DecidedChange, context: DecisionContext) => void;

function decisionRecorder(writer: RecordWriter, references: PersonReferences): Decide {
  return (decision, change, context) => {
    const facts = references.putIn(sortedFields(decision.facts), decision.at);
    writer.add('decided', decision.at, decidedDraft(decision, facts, change, context));
  };
}

function supersededRecords(db: DatabaseSync, writer: RecordWriter): Notes['superseding'] {
  const ending = db.prepare(`
    SELECT id AS reconcile, change, decision, target, revision FROM reconcile INDEXED BY reconcile_queued
    WHERE target = ? AND state = 'queued' AND seq < ? ORDER BY seq`);
  const told = { outcome: 'superseded', reason: 'newer-revision', final: true };
  return (target, seq, now) => {
    for (const row of ending.all(target, seq)) writer.add('outcome', now, outcomeDraft(row as unknown as Attempt, told));
  };
}

/** A reconcile before its progress is written. */
interface Standing extends Attempt {
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly state: string;
  readonly token: string | null;
  readonly triggeredAt: number | null;
}

/** What is on record already is not put there again: a failure of which only the message has changed. */
function progressRecords(db: DatabaseSync, writer: RecordWriter, decideAgain: DecideAgain): Notes['progressing'] {
  const read = db.prepare(`
    SELECT id AS reconcile, change, decision, target, revision, outcome, reason, state, token, triggered_at AS triggeredAt
    FROM reconcile WHERE id = ?`);
  return (reconcile, progress, now) => {
    const { decided, outcome, triggeredAt, state, token, reason, published } = progress;
    if (!decided && !outcome && !published && triggeredAt === undefined) return nothing;
    const was = read.get(reconcile) as unknown as Standing | undefined;
    if (!was) return nothing;
    const attempt = decided ? { ...was, decision: decided.id } : was;
    const isTriggered = triggeredAt !== undefined && was.triggeredAt === null;
    const isOver = (state ?? was.state) === 'ended';
    return () => {
      if (decided) decideAgain(reconcile, decided);
      if (published) writer.add('published', now, publishedDraft(attempt, published));
      if (isTriggered) writer.add('triggered', now, triggeredDraft(attempt, token === undefined ? was.token : token));
      if (!outcome || (outcome === was.outcome && !(isOver && was.state !== 'ended'))) return;
      const reached = { outcome, reason: reason === undefined ? was.reason : reason, final: isOver };
      writer.add('outcome', now, outcomeDraft(attempt, reached));
    };
  };
}

type DecideAgain = (reconcile: string, decided: NonNullable<Progress['decided']>) => void;

/** Records a decision that took the place of an earlier one. */
function repeatedDecision(db: DatabaseSync, decide: Decide): DecideAgain {
  const read = db.prepare('SELECT delivery, "before", "after", read_back FROM change WHERE id = ?');
  return (reconcile, decided) => {
    const row = read.get(decided.change) as unknown as Pick<ChangeRow, 'delivery' | 'before' | 'after' | 'read_back'>;
    const { delivery, before, after } = row;
    const readBack = row.read_back === null ? null : stored<Change['readBack']>(row.read_back);
    decide(decided, { delivery, before, after, readBack }, { reconcile, again: true, readBack: readBack && digestOf(readBack) });
  };
}
