import type { DatabaseSync } from 'node:sqlite';
import { newsOfVerdict, type NewsKind } from '#core/news.ts';
import type { Notes } from '#journal/sqlite/operations/notes.ts';

const nothing = (): void => {};

/** Notes for sinks what is written. */
export function newsNotes(db: DatabaseSync): Notes {
  const insert = db.prepare('INSERT INTO news (kind, change, decision, reconcile, at) VALUES (?, ?, ?, ?, ?)');
  return {
    decided({ decisions, reconciles }) {
      const asked = new Map(reconciles.map(({ id, decision }) => [decision, id]));
      for (const { id, change, verdict, at } of decisions)
        insert.run(newsOfVerdict[verdict], change, id, asked.get(id) ?? null, Math.trunc(at));
    },
    superseding: supersededNotes(db),
    progressing: progressNotes(db),
  };
}

function supersededNotes(db: DatabaseSync): Notes['superseding'] {
  const insert = db.prepare(`
    INSERT INTO news (kind, change, decision, reconcile, at)
    SELECT 'superseded', change, decision, id, ? FROM reconcile INDEXED BY reconcile_queued
    WHERE target = ? AND state = 'queued' AND seq < ? ORDER BY seq`);
  return (target, seq, now) => void insert.run(now, target, seq);
}

/** What has been reported before is no news: a failure of which only the message has changed. */
function progressNotes(db: DatabaseSync): Notes['progressing'] {
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
