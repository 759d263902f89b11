import type { DatabaseSync } from 'node:sqlite';
import type { Decision } from '#core/decision.ts';
import type { Match, NewReconcile } from '#core/ports/journal.ts';
import type { Step } from '#core/reconcile.ts';
import { targetKey } from '#core/target.ts';
import type { Notes } from '#journal/sqlite/operations/notes.ts';
import { decisionDocument } from '#journal/rows.ts';

/** Adds a decision. */
export function decisionWriter(db: DatabaseSync): (decision: Decision) => void {
  const insert = db.prepare('INSERT INTO decision (id, change, target, verdict, at, document) VALUES (?, ?, ?, ?, ?, ?)');
  return (decision) => {
    const { id, change, target, verdict, at } = decision;
    insert.run(id, change, targetKey(target), verdict, Math.trunc(at), decisionDocument(decision));
  };
}

/** Adds decisions and the reconciles that they ask for, and notes them. */
export function verdictWriter(db: DatabaseSync, note: Notes): (match: Pick<Match, 'change' | 'decisions' | 'reconciles'>) => void {
  const decide = decisionWriter(db);
  const queue = reconcileWriter(db);
  return (match) => {
    for (const decision of match.decisions) decide(decision);
    for (const reconcile of match.reconciles) queue(reconcile);
    note.decided(match);
  };
}

function reconcileWriter(db: DatabaseSync): (reconcile: NewReconcile) => void {
  const insert = db.prepare(`
    INSERT INTO reconcile (id, change, decision, target, revision, force, paths, state, received_at, created_at, steps)
    VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?)`);
  return ({ id, change, decision, target, revision, force, paths, receivedAt, createdAt }) => {
    const at = Math.trunc(createdAt);
    const steps: readonly Step[] = [{ at, name: 'queued', detail: `allowed by ${decision}` }];
    const asked = [revision, Number(force), paths && JSON.stringify(paths)];
    insert.run(id, change, decision, targetKey(target), ...asked, Math.trunc(receivedAt), at, JSON.stringify(steps));
  };
}
