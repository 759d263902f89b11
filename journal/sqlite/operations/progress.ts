import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Progress } from '#core/ports/journal.ts';
import type { Step } from '#core/reconcile.ts';
import type { Notes } from '#journal/sqlite/operations/notes.ts';
import { decisionWriter } from '#journal/sqlite/operations/store-match.ts';
import type { ObserveRequest, ReleaseRequest } from '#journal/protocol.ts';

/** Writes progress under a lease and gives the lease back; false, writing nothing, when the fence is not the current one. */
export function releaseOperation(db: DatabaseSync, note: Notes): (request: ReleaseRequest) => boolean {
  const giveBack = db.prepare('UPDATE lease SET expires = 0 WHERE target = ? AND fence = ? AND expires > 0');
  const write = progressWriter(db, note);
  return ({ target, fence, reconcile, progress, now }) => {
    if (giveBack.run(target, fence).changes === 0) return false;
    return write(reconcile, progress, now);
  };
}

/** Writes what an observation brought; false when the reconcile has ended meanwhile. */
export function observeOperation(db: DatabaseSync, note: Notes): (request: ObserveRequest) => boolean {
  const write = progressWriter(db, note);
  return ({ reconcile, progress, now }) => write(reconcile, progress, now);
}

/** What has ended stays as it is. */
function progressWriter(db: DatabaseSync, note: Notes): (reconcile: string, progress: Progress, now: number) => boolean {
  const alive = db.prepare(`SELECT 1 FROM reconcile WHERE id = ? AND state <> 'ended'`);
  const update = updater(db);
  const decide = decisionWriter(db);
  return (reconcile, progress, now) => {
    const columns = Object.entries(columnsOf(progress)).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
    const steps = progress.steps ?? [];
    if (columns.length === 0 && steps.length === 0) return alive.get(reconcile) !== undefined;
    const noteIt = note.progressing(reconcile, progress, now);
    if (!update(reconcile, columns, steps)) return false;
    if (progress.decided) decide(progress.decided);
    noteIt();
    return true;
  };
}

interface Column {
  readonly name: string;
  readonly value: SQLInputValue;
}

/**
 * Sets columns and appends steps. The handlers write a handful of combinations of columns: each is prepared once, because
 * preparing took longer than running.
 */
function updater(db: DatabaseSync): (reconcile: string, columns: readonly Column[], steps: readonly Step[]) => boolean {
  const prepared = new Map<string, StatementSync>();
  return (reconcile, columns, steps) => {
    const assignments = columns.map(({ name }) => `${name} = ?`);
    if (steps.length > 0) assignments.push(`steps = json_insert(steps${`, '$[#]', json(?)`.repeat(steps.length)})`);
    const sql = `UPDATE reconcile SET ${assignments.join(', ')} WHERE id = ? AND state <> 'ended'`;
    const statement = prepared.get(sql) ?? db.prepare(sql);
    prepared.set(sql, statement);
    const values = [...columns.map(({ value }) => value), ...steps.map((step) => JSON.stringify(step)), reconcile];
    return statement.run(...values).changes > 0;
  };
}

/** Absent fields stay as they are. */
function columnsOf(progress: Progress): Readonly<Record<string, SQLInputValue | undefined>> {
  const { state, outcome, reason, message, token, asks, consumers, triggeredAt, endedAt, decided, published } = progress;
  return {
    state,
    outcome,
    reason,
    message,
    token,
    asks,
    consumers: consumers && JSON.stringify(consumers),
    triggered_at: triggeredAt === undefined ? undefined : Math.trunc(triggeredAt),
    ended_at: endedAt === undefined ? undefined : Math.trunc(endedAt),
    decision: decided?.id,
    published: published && JSON.stringify(published),
  };
}
