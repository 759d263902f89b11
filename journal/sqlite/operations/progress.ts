import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Progress } from '#core/ports/journal.ts';
import type { Step } from '#core/reconcile.ts';
import { decisionWriter } from '#journal/sqlite/operations/store-match.ts';
import { stored } from '#journal/sqlite/rows.ts';
import type { ReleaseRequest, Request } from '#journal/sqlite/protocol.ts';

type Columns = Readonly<Record<string, SQLInputValue | undefined>>;

/** Writes progress under a lease and gives the lease back; false, writing nothing, when the fence is not the current one. */
export function releaseOperation(db: DatabaseSync): (request: ReleaseRequest) => boolean {
  const giveBack = db.prepare('UPDATE lease SET expires = 0 WHERE target = ? AND fence = ? AND expires > 0');
  const write = progressWriter(db);
  return ({ target, fence, reconcile, progress }) => {
    if (giveBack.run(target, fence).changes === 0) return false;
    return write(reconcile, progress);
  };
}

/** Writes what an observation brought; false when the reconcile has ended meanwhile. */
export function observeOperation(db: DatabaseSync): (request: Request<'observe'>) => boolean {
  const write = progressWriter(db);
  return ({ reconcile, progress }) => write(reconcile, progress);
}

/** What has ended stays as it is. */
function progressWriter(db: DatabaseSync): (reconcile: string, progress: Progress) => boolean {
  const alive = db.prepare(`SELECT steps FROM reconcile WHERE id = ? AND state <> 'ended'`);
  const decide = decisionWriter(db);
  return (reconcile, progress) => {
    const row = alive.get(reconcile);
    if (!row) return false;
    if (progress.decided) decide(progress.decided);
    const columns = Object.entries(columnsOf(progress, String(row['steps']))).filter(([, value]) => value !== undefined);
    if (columns.length === 0) return true;
    const assignments = columns.map(([name]) => `${name} = ?`).join(', ');
    const values = columns.map(([, value]) => value ?? null);
    db.prepare(`UPDATE reconcile SET ${assignments} WHERE id = ?`).run(...values, reconcile);
    return true;
  };
}

/** Absent fields stay as they are; steps are appended. */
function columnsOf(progress: Progress, steps: string): Columns {
  const { state, outcome, reason, message, token, asks, consumers, triggeredAt, endedAt, decided } = progress;
  return {
    state,
    outcome,
    reason,
    message,
    token,
    asks,
    consumers: consumers && JSON.stringify(consumers),
    steps: progress.steps && JSON.stringify([...stored<readonly Step[]>(steps), ...progress.steps]),
    triggered_at: triggeredAt === undefined ? undefined : Math.trunc(triggeredAt),
    ended_at: endedAt === undefined ? undefined : Math.trunc(endedAt),
    decision: decided?.id,
  };
}
