import type { Progress } from '#core/ports/journal.ts';
import type { ObserveRequest, ReleaseRequest } from '#journal/protocol.ts';
import { newsOfProgress, recordProgress, type Standing } from '#journal/records/tellings.ts';
import { maybeStored } from '#journal/rows.ts';
import type { Change } from '#core/change.ts';
import type { Bulk, Work } from '#journal/postgres/operations/bulk.ts';
import { stepsText, stepsWith } from '#journal/postgres/operations/steps.ts';
import { addDecisions } from '#journal/postgres/operations/store-match.ts';
import type { Session, Statement } from '#journal/postgres/session.ts';

/** What a change says that a decision made again puts on record; null where none was made. */
interface Row extends Omit<Standing, 'reconcile'> {
  readonly reconcile: string | null;
  readonly place: number;
  readonly message: string | null;
  readonly fence: number | null;
  readonly expires: number | null;
  readonly delivery: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly read_back: string | null;
}

const standing: Statement = {
  name: 'progress standing',
  text: `SELECT w.place::int AS place, r.id AS reconcile, r.change, r.decision, r.target, r.revision, r.outcome, r.reason, r.message, r.state, r.token,
      r.triggered_at AS "triggeredAt", l.fence, l.expires, c.delivery, c."before", c."after", c.read_back
    FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS w (id, leased, change, place)
    LEFT JOIN reconcile r ON r.id = w.id LEFT JOIN lease l ON l.target = w.leased LEFT JOIN change c ON c.id = w.change`,
};

const giveBack: Statement = { name: 'progress give back', text: 'UPDATE lease SET expires = 0 WHERE target = ANY ($1::text[])' };

const columns = {
  id: 'text',
  state: 'text',
  outcome: 'text',
  reason: 'text',
  message: 'text',
  token: 'text',
  asks: 'integer',
  consumers: 'text',
  triggered_at: 'bigint',
  ended_at: 'bigint',
  decision: 'text',
  published: 'text',
  published_digest: 'text',
  steps: 'text',
} as const;

const names = Object.keys(columns) as (keyof typeof columns)[];
/** What can go back to null is told anew; the rest stays where nothing is told. */
const nullable: ReadonlySet<string> = new Set(['outcome', 'reason', 'message', 'token']);

const write: Statement = {
  name: 'progress write',
  text: `UPDATE reconcile r SET ${names.flatMap(assignment).join(', ')}
    FROM unnest(${names.map((name, at) => `$${at + 1}::${columns[name]}[]`).join(', ')}) AS w (${names.join(', ')}) WHERE r.id = w.id`,
};

function assignment(name: string): readonly string[] {
  if (name === 'id') return [];
  if (name === 'steps') return [`steps = ${stepsWith('r.steps', 'w.steps')}`];
  return [nullable.has(name) ? `${name} = w.${name}` : `${name} = coalesce(w.${name}, r.${name})`];
}

/** A progress, and the target whose lease it gives back. */
interface Step {
  readonly reconcile: string;
  readonly progress: Progress;
  readonly now: number;
  readonly lease: { readonly target: string; readonly fence: number } | null;
}

interface Standings {
  readonly step: Step;
  readonly row: Row;
}

/** Writes progress under leases and gives them back; false, writing nothing, when the fence is not the current one. */
export const release: Bulk<'release'> = (work, requests) => writeAll(work, requests.map(ofLease));

/** Writes what observations brought; false when the reconcile has ended meanwhile. */
export const observe: Bulk<'observe'> = (work, requests) => writeAll(work, requests.map(ofObservation));

const ofLease = ({ target, fence, reconcile, progress, now }: ReleaseRequest): Step => ({
  reconcile,
  progress,
  now,
  lease: { target, fence },
});
const ofObservation = ({ reconcile, progress, now }: ObserveRequest): Step => ({ reconcile, progress, now, lease: null });

async function writeAll(work: Work, steps: readonly Step[]): Promise<readonly { readonly answer: boolean }[]> {
  const all = await standings(work.session, steps);
  const current = all.filter(({ step: { lease }, row }) => lease === null || (row.fence === lease.fence && Number(row.expires) > 0));
  const returned = current.flatMap(({ step: { lease } }) => (lease ? [lease.target] : []));
  if (returned.length > 0) await work.session.rows(giveBack, [returned]);
  const alive = current.filter(({ row }) => row.reconcile !== null && row.state !== 'ended'); // what has ended stays as it is
  await writeProgress(
    work,
    alive.filter(({ step: { progress } }) => Object.values(progress).some((value) => value !== undefined)),
  );
  const answers = new Set(alive.map(({ step }) => step));
  return steps.map((step) => ({ answer: answers.has(step) }));
}

async function standings(session: Session, steps: readonly Step[]): Promise<readonly Standings[]> {
  const rows = await session.rows<Row>(standing, [
    steps.map(({ reconcile }) => reconcile),
    steps.map(({ lease }) => lease?.target ?? null),
    steps.map(({ progress }) => progress.decided?.change ?? null),
  ]);
  const byPlace = new Map(rows.map((row) => [row.place, row]));
  return steps.flatMap((step, index) => {
    const row = byPlace.get(index + 1);
    return row ? [{ step, row }] : [];
  });
}

async function writeProgress({ session, ledger }: Work, all: readonly Standings[]): Promise<void> {
  if (all.length === 0) return;
  const told = all.map(columnsOf);
  await session.rows(
    write,
    names.map((name) => told.map((values) => values[name])),
  );
  await addDecisions(
    session,
    all.flatMap(({ step: { progress } }) => (progress.decided ? [progress.decided] : [])),
  );
  for (const { step, row } of all) {
    const was: Standing = { ...row, reconcile: step.reconcile };
    ledger.tell(newsOfProgress(was, step.progress, step.now));
    recordProgress(ledger, ledger.references, was, step.progress, step.now, decidedChange(row));
  }
}

function decidedChange({ delivery, before, after, read_back: readBack }: Row) {
  return delivery === null ? null : { delivery, before, after, readBack: maybeStored<NonNullable<Change['readBack']>>(readBack) };
}

/** Absent fields stay as they are. */
function columnsOf({ step: { reconcile, progress }, row }: Standings): Record<keyof typeof columns, unknown> {
  const { state, asks, consumers, triggeredAt, endedAt, decided, published, steps = [] } = progress;
  const or = <T>(value: T | undefined, present: T): T => (value === undefined ? present : value);
  return {
    ...{ id: reconcile, state, asks, decision: decided?.id, steps: stepsText(steps), consumers: consumers && JSON.stringify(consumers) },
    ...{ outcome: or<string | null>(progress.outcome, row.outcome), reason: or(progress.reason, row.reason) },
    ...{ message: or(progress.message, row.message), token: or(progress.token, row.token) },
    triggered_at: triggeredAt === undefined ? null : Math.trunc(triggeredAt),
    ended_at: endedAt === undefined ? null : Math.trunc(endedAt),
    ...{ published: published && JSON.stringify(published), published_digest: published?.digest },
  };
}
