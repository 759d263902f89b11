import type { DatabaseSync } from 'node:sqlite';
import { HeadgateError } from '#core/errors.ts';
import type { Lease } from '#core/ports/journal.ts';
import type { Step } from '#core/reconcile.ts';
import type { Notes } from '#journal/sqlite/operations/notes.ts';
import type { TakeRequest } from '#journal/protocol.ts';
import {
  changeColumns,
  columnList,
  decisionColumns,
  reconcileColumns,
  toChange,
  toDecision,
  toReconcile,
  type ChangeRow,
  type DecisionRow,
  type ReconcileRow,
} from '#journal/rows.ts';

/** Leases a target and ends what is older than its newest queued reconcile. */
export function takeOperation(db: DatabaseSync, note: Notes): (request: TakeRequest) => Lease | null {
  const newest = db.prepare(
    `SELECT ${columnList(reconcileColumns)} FROM reconcile WHERE target = ? AND state = 'queued' ORDER BY seq DESC LIMIT 1`,
  );
  const { change, decision } = parents(db);
  const lease = leaser(db);
  const supersede = superseder(db, note);
  return (request) => {
    const row = newest.get(request.target) as unknown as ReconcileRow | undefined;
    if (!row) return null;
    const fence = lease(request);
    const superseded = supersede(row, Math.trunc(request.now));
    return { target: request.target, fence, reconcile: toReconcile(row), change: change(row), decision: decision(row), superseded };
  };
}

function parents(db: DatabaseSync) {
  const change = db.prepare(`SELECT ${columnList(changeColumns)} FROM change WHERE id = ?`);
  const decision = db.prepare(`SELECT ${columnList(decisionColumns)} FROM decision WHERE id = ?`);
  return {
    change: (row: ReconcileRow) => toChange(change.get(row.change) as unknown as ChangeRow),
    decision: (row: ReconcileRow) => toDecision(decision.get(row.decision) as unknown as DecisionRow),
  };
}

/** Rows of `lease` are never deleted, so that fences grow for as long as the journal lives. */
function leaser(db: DatabaseSync): (request: TakeRequest) => number {
  const claim = db.prepare(`
    INSERT INTO lease (target, fence, holder, expires) VALUES (?, 1, ?, ?)
    ON CONFLICT (target) DO UPDATE SET fence = fence + 1, holder = excluded.holder, expires = excluded.expires WHERE expires <= ?
    RETURNING fence`);
  const current = db.prepare('SELECT holder, expires FROM lease WHERE target = ?');
  return ({ target, holder, monotonic, leaseMs }) => {
    const claimed = claim.get(target, holder, monotonic + leaseMs, monotonic);
    if (claimed) return Number(claimed['fence']);
    const held = current.get(target);
    const seconds = Math.ceil((Number(held?.['expires']) - monotonic) / 1000);
    throw new HeadgateError('TARGET_LEASED', `${target} is leased by ${String(held?.['holder'])} for another ${seconds} s`);
  };
}

function superseder(db: DatabaseSync, note: Notes): (newest: ReconcileRow, now: number) => number {
  const end = db.prepare(`
    UPDATE reconcile SET state = 'ended', outcome = 'superseded', reason = 'newer-revision', message = ?, ended_at = ?,
      steps = json_insert(steps, '$[#]', json(?))
    WHERE target = ? AND state = 'queued' AND seq < ?`);
  return ({ target, seq, change, revision }, now) => {
    const message = `the newer change ${change} (${revision ?? 'the head of the ref'}) took its place before its turn came`;
    const step: Step = { at: now, name: 'superseded', detail: message };
    note.superseding(target, seq, now);
    return Number(end.run(message, now, JSON.stringify(step), target, seq).changes);
  };
}
