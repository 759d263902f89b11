import type { Change, ReadBackRecord } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import type { Delivery, DeliveryKind, DeliveryState, Hint } from '#core/delivery.ts';
import { causeOf } from '#core/look-id.ts';
import { replayedBy } from '#core/replay-id.ts';
import type { Outcome, PathsVerdict, PublishedArtifact, Reconcile, ReconcileState } from '#core/reconcile.ts';
import type { ChainRecord, RecordDocument } from '#core/ports/records.ts';
import type { Subject } from '#core/subject.ts';
import { parseTargetKey, type TargetRef } from '#core/target.ts';

/*
 * Rows as the tables of every journal hold them (migrations.ts of each) and what they mean. Nobody but this program writes them, the tables are STRICT
 * and the file is locked, so the types of columns are taken on trust; what is JSON here was written by JSON.stringify of that type.
 */

export interface DeliveryRow {
  readonly seq: number;
  readonly id: string;
  readonly source: string;
  readonly delivery_id: string;
  readonly kind: DeliveryKind;
  readonly event: string;
  readonly received_at: number;
  readonly remote: string;
  readonly state: DeliveryState;
  readonly reason: string | null;
  readonly repository: string | null;
  readonly hint: string | null;
  readonly attempts: number;
  readonly settled_at: number | null;
}

export interface ChangeRow {
  readonly seq: number;
  readonly id: string;
  readonly delivery: string;
  readonly source: string;
  readonly repository: string;
  readonly ref: string;
  readonly action: Change['action'];
  readonly before: string | null;
  readonly after: string | null;
  readonly revision: string | null;
  readonly confirmed: number;
  readonly occurred_at: number | null;
  readonly received_at: number;
  readonly at: number;
  readonly actors: string;
  readonly late_for: string | null;
  readonly owed: string;
  readonly read_back: string | null;
  readonly subject: string | null;
}

export interface DecisionRow {
  readonly seq: number;
  readonly id: string;
  readonly change: string;
  readonly target: string;
  readonly verdict: Decision['verdict'];
  readonly at: number;
  readonly document: string;
}

export interface ReconcileRow {
  readonly seq: number;
  readonly id: string;
  readonly change: string;
  readonly decision: string;
  readonly target: string;
  readonly revision: string | null;
  readonly force: number;
  readonly paths: string | null;
  readonly state: ReconcileState;
  readonly outcome: Outcome | null;
  readonly reason: string | null;
  readonly message: string | null;
  readonly token: string | null;
  readonly asks: number;
  readonly received_at: number;
  readonly created_at: number;
  readonly triggered_at: number | null;
  readonly ended_at: number | null;
  readonly published: string | null;
  readonly consumers: string;
  readonly steps: string;
}

export interface RecordRow {
  readonly seq: number;
  readonly document: string;
  readonly hash: string;
}

export const recordColumns = ['seq', 'document', 'hash'] as const satisfies readonly (keyof RecordRow)[];

export const deliveryColumns = [
  'seq',
  'id',
  'source',
  'delivery_id',
  'kind',
  'event',
  'received_at',
  'remote',
  'state',
  'reason',
  'repository',
  'hint',
  'attempts',
  'settled_at',
] as const satisfies readonly (keyof DeliveryRow)[];

/** All but `candidates`, which may be long and only stories tell. */
export const changeColumns = [
  'seq',
  'id',
  'delivery',
  'source',
  'repository',
  'ref',
  'action',
  'before',
  'after',
  'revision',
  'confirmed',
  'occurred_at',
  'received_at',
  'at',
  'actors',
  'late_for',
  'owed',
  'read_back',
  'subject',
] as const satisfies readonly (keyof ChangeRow)[];

export const decisionColumns = [
  'seq',
  'id',
  'change',
  'target',
  'verdict',
  'at',
  'document',
] as const satisfies readonly (keyof DecisionRow)[];

export const reconcileColumns = [
  'seq',
  'id',
  'change',
  'decision',
  'target',
  'revision',
  'force',
  'paths',
  'state',
  'outcome',
  'reason',
  'message',
  'token',
  'asks',
  'received_at',
  'created_at',
  'triggered_at',
  'ended_at',
  'published',
  'consumers',
  'steps',
] as const satisfies readonly (keyof ReconcileRow)[];

/** Column names for a SELECT written by hand. */
export function columnList(columns: readonly string[]): string {
  return columns.map((column) => `"${column}"`).join(', ');
}

export function toDelivery(row: DeliveryRow): Delivery {
  const { seq, id, source, kind, event, remote, state, reason, attempts } = row;
  const hint = row.hint === null ? null : stored<Hint>(row.hint);
  const times = { receivedAt: row.received_at, settledAt: row.settled_at };
  const deliveryId = row.delivery_id;
  const cause = causeOf({ kind, deliveryId });
  return {
    seq,
    id,
    source,
    deliveryId,
    kind,
    event,
    remote,
    state,
    reason,
    hint,
    attempts,
    ...times,
    replayOf: replayedBy({ kind, deliveryId }),
    ...(cause === undefined ? {} : { cause }),
  };
}

export function toChange(row: ChangeRow): Change {
  const { id, delivery, source, repository, ref, action, before, after, revision, at } = row;
  const times = { occurredAt: row.occurred_at, receivedAt: row.received_at, at };
  const lists = { actors: stored<Change['actors']>(row.actors), owed: stored<Change['owed']>(row.owed) };
  const told = { confirmed: row.confirmed === 1, lateFor: row.late_for, readBack: maybeStored<ReadBackRecord>(row.read_back) };
  const subject = row.subject === null ? {} : { subject: stored<Subject>(row.subject) };
  return { id, delivery, source, repository, ref, action, before, after, revision, ...told, ...times, ...lists, ...subject };
}

/** A JSON column of one of these types. */
export function stored<T>(json: string): T {
  return JSON.parse(json) as T;
}

export function maybeStored<T>(json: string | null): T | null {
  return json === null ? null : stored<T>(json);
}

/** What of a decision is in no column of its own. */
type DecisionDocument = Omit<Decision, 'id' | 'change' | 'target' | 'verdict' | 'at'>;

export function decisionDocument({ id: _id, change: _change, target: _target, verdict: _verdict, at: _at, ...rest }: Decision): string {
  return JSON.stringify(rest satisfies DecisionDocument);
}

export function toDecision(row: DecisionRow): Decision {
  const { id, change, verdict, at } = row;
  return { id, change, target: toTarget(row.target), verdict, at, ...stored<DecisionDocument>(row.document) };
}

export function toReconcile(row: ReconcileRow): Reconcile {
  const { id, seq, change, decision, revision, state, outcome, reason, message, token, asks } = row;
  const times = { receivedAt: row.received_at, createdAt: row.created_at, triggeredAt: row.triggered_at, endedAt: row.ended_at };
  const told = {
    outcome,
    reason,
    message,
    token,
    asks,
    consumers: stored<Reconcile['consumers']>(row.consumers),
    steps: stored<Reconcile['steps']>(row.steps),
  };
  const asked = { revision, force: row.force === 1, paths: maybeStored<PathsVerdict>(row.paths) };
  const published = row.published === null ? {} : { published: stored<PublishedArtifact>(row.published) };
  return { id, seq, target: toTarget(row.target), change, decision, ...asked, state, ...told, ...published, ...times };
}

export function toRecord({ seq, document, hash }: RecordRow): ChainRecord {
  return { id: String(seq), hash, record: stored<RecordDocument>(document) };
}

export function toTarget(key: string): TargetRef {
  const target = parseTargetKey(key);
  if (!target) throw new Error(`the journal holds a target key of an unknown form: ${key}`);
  return target;
}
