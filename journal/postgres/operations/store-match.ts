import { changesIn } from '#core/brought.ts';
import type { Change } from '#core/change.ts';
import type { Decision } from '#core/decision.ts';
import type { Match, NewReconcile } from '#core/ports/journal.ts';
import type { Step } from '#core/reconcile.ts';
import { targetKey } from '#core/target.ts';
import { newsOfDecisions, recordDecisions } from '#journal/records/tellings.ts';
import { decisionDocument } from '#journal/rows.ts';
import type { Work } from '#journal/postgres/operations/bulk.ts';
import { BulkInsert, type Session } from '#journal/postgres/session.ts';

type NewChange = ReturnType<typeof changeRow>;
const insertChanges = new BulkInsert<NewChange>('change', {
  id: 'text',
  delivery: 'text',
  source: 'text',
  repository: 'text',
  ref: 'text',
  action: 'text',
  before: 'text',
  after: 'text',
  revision: 'text',
  confirmed: 'integer',
  occurred_at: 'bigint',
  received_at: 'bigint',
  at: 'bigint',
  actors: 'text',
  late_for: 'text',
  owed: 'text',
  candidates: 'text',
  read_back: 'text',
  subject: 'text',
});

const insertBrought = new BulkInsert<ReturnType<typeof broughtRows>[number]>(
  'brought',
  { repository: 'text', number: 'bigint', source: 'text', reverts: 'bigint', change: 'text' },
  'ON CONFLICT DO NOTHING',
);

const insertDecisions = new BulkInsert<ReturnType<typeof decisionRow>>('decision', {
  id: 'text',
  change: 'text',
  target: 'text',
  verdict: 'text',
  at: 'bigint',
  document: 'text',
  base: 'text',
  would_be: 'text',
});

const insertReconciles = new BulkInsert<ReturnType<typeof reconcileRow>>('reconcile', {
  id: 'text',
  change: 'text',
  decision: 'text',
  target: 'text',
  revision: 'text',
  force: 'integer',
  paths: 'text',
  state: 'text',
  received_at: 'bigint',
  created_at: 'bigint',
  steps: 'text',
});

/** @param matches with the clusters that each is still owed to */
export async function addChanges(session: Session, matches: readonly Match[]): Promise<void> {
  await insertChanges.run(session, matches.map(changeRow));
  await insertBrought.run(
    session,
    matches.flatMap(({ change }) => broughtRows(change)),
  );
}

export async function addDecisions(session: Session, decisions: readonly Decision[]): Promise<void> {
  await insertDecisions.run(session, decisions.map(decisionRow));
}

/** Adds decisions and the reconciles that they ask for, and takes note of them. */
export async function addVerdicts({ session, ledger }: Work, matches: readonly Match[]): Promise<void> {
  await addDecisions(
    session,
    matches.flatMap(({ decisions }) => decisions),
  );
  await insertReconciles.run(
    session,
    matches.flatMap(({ reconciles }) => reconciles.map(reconcileRow)),
  );
  for (const match of matches) {
    ledger.tell(newsOfDecisions(match));
    recordDecisions(ledger, ledger.references, match);
  }
}

function changeRow({ change, candidates }: Pick<Match, 'change' | 'candidates'>) {
  const { id, delivery, source, repository, ref, action, before, after, revision, confirmed, lateFor, readBack, subject } = change;
  const { actors, owed, occurredAt, receivedAt, at } = change;
  return {
    ...{ id, delivery, source, repository, ref, action, before, after, revision, confirmed: Number(confirmed), late_for: lateFor },
    ...{ occurred_at: occurredAt === null ? null : Math.trunc(occurredAt), received_at: Math.trunc(receivedAt), at: Math.trunc(at) },
    ...{ actors: JSON.stringify(actors), owed: JSON.stringify(owed), candidates: JSON.stringify(candidates) },
    ...{ read_back: readBack && JSON.stringify(readBack), subject: subject ? JSON.stringify(subject) : null },
  };
}

function broughtRows({ id, source, repository, readBack }: Change) {
  return changesIn(readBack?.range).map(({ number, review }) => ({ repository, number, source, reverts: review.reverts, change: id }));
}

function decisionRow(decision: Decision) {
  const { id, change, target, verdict, at, wouldBe, facts } = decision;
  const base = typeof facts['base'] === 'string' ? facts['base'] : null;
  const document = decisionDocument(decision);
  return { id, change, target: targetKey(target), verdict, at: Math.trunc(at), document, base, would_be: wouldBe };
}

function reconcileRow({ id, change, decision, target, revision, force, paths, receivedAt, createdAt }: NewReconcile) {
  const at = Math.trunc(createdAt);
  const steps: readonly Step[] = [{ at, name: 'queued', detail: `allowed by ${decision}` }];
  return {
    ...{ id, change, decision, target: targetKey(target), revision, force: Number(force), paths: paths && JSON.stringify(paths) },
    ...{ state: 'queued', received_at: Math.trunc(receivedAt), created_at: at, steps: JSON.stringify(steps) },
  };
}
