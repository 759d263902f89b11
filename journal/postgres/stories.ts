import type { Candidate } from '#core/change.ts';
import type { Archive, Story } from '#core/ports/journal.ts';
import { inflateBody } from '#journal/body.ts';
import type { Reader, Rows } from '#journal/postgres/reader.ts';
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
  delivery: `SELECT ${columnList(deliveryColumns)} FROM delivery WHERE id = $1`,
  body: 'SELECT headers, size, deflated FROM body WHERE seq = (SELECT seq FROM delivery WHERE id = $1)',
  change: `SELECT ${columnList(changeColumns)} FROM change WHERE id = $1`,
  changeWithCandidates: `SELECT ${columnList(changeColumns)}, candidates FROM change WHERE id = $1`,
  decision: `SELECT ${columnList(decisionColumns)} FROM decision WHERE id = $1`,
  decisions: `SELECT ${columnList(decisionColumns)} FROM decision WHERE change = $1 ORDER BY seq`,
  reconcile: `SELECT ${columnList(reconcileColumns)} FROM reconcile WHERE id = $1`,
  reconciles: `SELECT ${columnList(reconcileColumns)} FROM reconcile WHERE change = $1 ORDER BY seq`,
};

export const knownQuery = 'SELECT delivery_id FROM delivery WHERE delivery_id = ANY($1::text[]) AND source = $2';

type Stories = Pick<Archive, 'knownDeliveries' | 'delivery' | 'body' | 'change' | 'story' | 'decision' | 'reconcile'>;

/** Reads single things by id. */
export function postgresStories(reader: Reader): Stories {
  const one = async <R extends object>(query: keyof typeof storyQueries, id: string): Promise<R | undefined> => {
    return isText(id) ? (await reader.rows<R>(storyQueries[query], [id]))[0] : undefined;
  };
  return {
    async knownDeliveries(source, deliveryIds) {
      const rows = await reader.rows<{ delivery_id: string }>(knownQuery, [deliveryIds.filter(isText), source]);
      return new Set(rows.map(({ delivery_id }) => delivery_id));
    },
    async delivery(id) {
      const row = await one<DeliveryRow>('delivery', id);
      return row && toDelivery(row);
    },
    async body(id) {
      const row = await one<{ headers: string; size: number; deflated: Uint8Array }>('body', id);
      return row && { headers: stored<Record<string, string>>(row.headers), body: inflateBody(row.deflated, row.size) };
    },
    async change(id) {
      const row = await one<ChangeRow>('change', id);
      return row && toChange(row);
    },
    async decision(id) {
      const row = await one<DecisionRow>('decision', id);
      return row && toDecision(row);
    },
    async reconcile(id) {
      const row = await one<ReconcileRow>('reconcile', id);
      return row && toReconcile(row);
    },
    story: async (id) => (isText(id) ? reader.snapshot((moment) => readStory(moment, id)) : undefined),
  };
}

/** Postgres knows no text with U+0000, and refuses to be asked for it: nothing has such an id. */
function isText(id: string): boolean {
  return !id.includes('\0');
}

async function readStory(moment: Rows, id: string): Promise<Story | undefined> {
  const [row] = await moment.rows<ChangeRow & { readonly candidates: string }>(storyQueries.changeWithCandidates, [id]);
  if (!row) return undefined;
  const [delivery] = await moment.rows<DeliveryRow>(storyQueries.delivery, [row.delivery]);
  if (!delivery) throw new Error(`the journal has no delivery ${row.delivery} of change ${id}`);
  const decisions = await moment.rows<DecisionRow>(storyQueries.decisions, [id]);
  const reconciles = await moment.rows<ReconcileRow>(storyQueries.reconciles, [id]);
  return {
    change: toChange(row),
    delivery: toDelivery(delivery),
    candidates: stored<readonly Candidate[]>(row.candidates),
    decisions: decisions.map(toDecision),
    reconciles: reconciles.map(toReconcile),
  };
}
