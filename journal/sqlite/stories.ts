import type { DatabaseSync } from 'node:sqlite';
import type { Candidate } from '#core/change.ts';
import type { Archive, Story } from '#core/ports/journal.ts';
import { inflateBody } from '#journal/body.ts';
import {
  changeColumns,
  columnList,
  decisionColumns,
  deliveryColumns,
  reconcileColumns,
  stored,
  toChange,
  toDecision,
  toDelivery,
  toReconcile,
  type ChangeRow,
  type DecisionRow,
  type DeliveryRow,
  type ReconcileRow,
} from '#journal/rows.ts';

export const storyQueries = {
  known: 'SELECT 1 FROM delivery WHERE delivery_id = ? AND source = ?',
  delivery: `SELECT ${columnList(deliveryColumns)} FROM delivery WHERE id = ?`,
  body: 'SELECT headers, size, deflated FROM body WHERE seq = (SELECT seq FROM delivery WHERE id = ?)',
  change: `SELECT ${columnList(changeColumns)} FROM change WHERE id = ?`,
  changeWithCandidates: `SELECT ${columnList(changeColumns)}, candidates FROM change WHERE id = ?`,
  decision: `SELECT ${columnList(decisionColumns)} FROM decision WHERE id = ?`,
  decisions: `SELECT ${columnList(decisionColumns)} FROM decision INDEXED BY decision_change WHERE change = ? ORDER BY seq`,
  reconcile: `SELECT ${columnList(reconcileColumns)} FROM reconcile WHERE id = ?`,
  reconciles: `SELECT ${columnList(reconcileColumns)} FROM reconcile INDEXED BY reconcile_change WHERE change = ? ORDER BY seq`,
};

type Stories = Pick<Archive, 'knownDeliveries' | 'delivery' | 'body' | 'change' | 'story' | 'decision' | 'reconcile'>;

/** Reads single things by id. */
export function sqliteStories(reader: DatabaseSync): Stories {
  const one = <R>(query: keyof typeof storyQueries, id: string): R | undefined => {
    return reader.prepare(storyQueries[query]).get(id) as unknown as R | undefined;
  };
  return {
    async knownDeliveries(source, deliveryIds) {
      const known = reader.prepare(storyQueries.known);
      return new Set(deliveryIds.filter((id) => known.get(id, source) !== undefined));
    },
    async delivery(id) {
      const row = one<DeliveryRow>('delivery', id);
      return row && toDelivery(row);
    },
    async body(id) {
      const row = one<{ headers: string; size: number; deflated: Uint8Array }>('body', id);
      return row && { headers: stored<Record<string, string>>(row.headers), body: inflateBody(row.deflated, row.size) };
    },
    async change(id) {
      const row = one<ChangeRow>('change', id);
      return row && toChange(row);
    },
    async decision(id) {
      const row = one<DecisionRow>('decision', id);
      return row && toDecision(row);
    },
    async reconcile(id) {
      const row = one<ReconcileRow>('reconcile', id);
      return row && toReconcile(row);
    },
    async story(id) {
      return readStory(reader, id);
    },
  };
}

/** All of it as of one moment: nothing is awaited in between, and a transaction keeps the snapshot. */
function readStory(reader: DatabaseSync, id: string): Story | undefined {
  reader.exec('BEGIN');
  try {
    const row = reader.prepare(storyQueries.changeWithCandidates).get(id) as unknown as
      | (ChangeRow & { readonly candidates: string })
      | undefined;
    if (!row) return undefined;
    const delivery = reader.prepare(storyQueries.delivery).get(row.delivery) as unknown as DeliveryRow;
    const decisions = reader.prepare(storyQueries.decisions).all(id) as unknown as DecisionRow[];
    const reconciles = reader.prepare(storyQueries.reconciles).all(id) as unknown as ReconcileRow[];
    const change = toChange(row);
    return {
      change,
      delivery: toDelivery(delivery),
      candidates: stored<readonly Candidate[]>(row.candidates),
      decisions: decisions.map(toDecision),
      reconciles: reconciles.map(toReconcile),
    };
  } finally {
    reader.exec('COMMIT');
  }
}
