import type { DatabaseSync } from 'node:sqlite';
import type { Decision } from '#core/decision.ts';
import { newsOfVerdict, type NewsKind } from '#core/news.ts';
import type { NewReconcile, Progress } from '#core/ports/journal.ts';

/** Notes for sinks what is written, in the same transaction. */
export interface NewsNotes {
  decided(decisions: readonly Decision[], reconciles: readonly NewReconcile[]): void;
  /** Call before the queued reconciles of the target that are older than `seq` end `superseded`. */
  superseding(target: string, seq: number, now: number): void;
  /** Call before the progress is written; what it answers, after it has been. */
  progressing(reconcile: string, progress: Progress, now: number): () => void;
}

const nothing = (): void => {};

/** Nobody is to be told. */
export const silence: NewsNotes = { decided: nothing, superseding: nothing, progressing: () => nothing };

/** Somebody is. */
export function newsNotes(db: DatabaseSync): NewsNotes {
  const insert = db.prepare('INSERT INTO news (kind, change, decision, reconcile, at) VALUES (?, ?, ?, ?, ?)');
  return {
    decided(decisions, reconciles) {
      const asked = new Map(reconciles.map(({ id, decision }) => [decision, id]));
      for (const { id, change, verdict, at } of decisions)
        insert.run(newsOfVerdict[verdict], change, id, asked.get(id) ?? null, Math.trunc(at));
    },
    superseding: supersededNotes(db),
    progressing: progressNotes(db),
  };
}

function supersededNotes(db: DatabaseSync): NewsNotes['superseding'] {
  const insert = db.prepare(`
    INSERT INTO news (kind, change, decision, reconcile, at)
    SELECT 'superseded', change, decision, id, ? FROM reconcile INDEXED BY reconcile_queued
    WHERE target = ? AND state = 'queued' AND seq < ? ORDER BY seq`);
  return (target, seq, now) => void insert.run(now, target, seq);
}

/** What has been reported before is no news: a failure of which only the message has changed. */
function progressNotes(db: DatabaseSync): NewsNotes['progressing'] {
  const before = db.prepare('SELECT outcome, triggered_at FROM reconcile WHERE id = ?');
  const insert = db.prepare(`
    INSERT INTO news (kind, change, decision, reconcile, at) SELECT ?, change, decision, id, ? FROM reconcile WHERE id = ?`);
  return (reconcile, progress, now) => {
    const { decided, outcome, triggeredAt } = progress;
    if (!decided && !outcome && triggeredAt === undefined) return nothing;
    const was = before.get(reconcile);
    const news: NewsKind[] = [];
    if (decided && decided.verdict !== 'allow') news.push(newsOfVerdict[decided.verdict]);
    if (triggeredAt !== undefined && was?.['triggered_at'] === null) news.push('triggered');
    if (outcome && outcome !== was?.['outcome']) news.push(outcome);
    return () => {
      for (const kind of news) insert.run(kind, Math.trunc(now), reconcile);
    };
  };
}
