import type { Lease } from '#core/ports/journal.ts';
import type { TakeRequest } from '#journal/protocol.ts';
import type { Attempt } from '#journal/records/drafts.ts';
import { recordSuperseded } from '#journal/records/tellings.ts';
import {
  changeColumns,
  decisionColumns,
  reconcileColumns,
  toChange,
  toDecision,
  toReconcile,
  type ChangeRow,
  type DecisionRow,
  type ReconcileRow,
} from '#journal/rows.ts';
import { joined, rowOf } from '#journal/postgres/joined.ts';
import type { Bulk, BulkReply, Work } from '#journal/postgres/operations/bulk.ts';
import { stepsText, stepsWith } from '#journal/postgres/operations/steps.ts';
import { isAhead } from '#journal/postgres/server-clock.ts';
import type { Session, Statement } from '#journal/postgres/session.ts';

const newest: Statement = {
  name: 'take newest',
  text: `SELECT ${joined('r', 'r', reconcileColumns)}, ${joined('c', 'c', changeColumns)}, ${joined('d', 'd', decisionColumns)}, l.fence, l.holder, l.expires,
      EXISTS (SELECT 1 FROM reconcile o WHERE o.target = r.target AND o.state = 'queued' AND o.seq < r.seq) AS older
    FROM unnest($1::text[]) AS w (target)
    CROSS JOIN LATERAL (SELECT * FROM reconcile WHERE target = w.target AND state = 'queued' ORDER BY seq DESC LIMIT 1) r
    JOIN change c ON c.id = r.change JOIN decision d ON d.id = r.decision LEFT JOIN lease l ON l.target = r.target`,
};

/** Rows of `lease` are never deleted, so that fences grow for as long as the journal lives. */
const claim: Statement = {
  name: 'take claim',
  text: `INSERT INTO lease (target, fence, holder, expires) SELECT target, 1, holder, expires
      FROM unnest($1::text[], $2::text[], $3::double precision[]) AS w (target, holder, expires)
    ON CONFLICT (target) DO UPDATE SET fence = lease.fence + 1, holder = excluded.holder, expires = excluded.expires RETURNING target, fence`,
};

const supersede: Statement = {
  name: 'take supersede',
  text: `UPDATE reconcile r SET state = 'ended', outcome = 'superseded', reason = 'newer-revision', message = w.message, ended_at = w.now,
      steps = ${stepsWith('r.steps', 'w.steps')}
    FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::text[]) AS w (target, seq, message, now, steps)
    WHERE r.target = w.target AND r.state = 'queued' AND r.seq < w.seq
    RETURNING r.seq, r.id AS reconcile, r.change, r.decision, r.target, r.revision`,
};

interface Found {
  readonly reconcile: ReconcileRow;
  readonly change: ChangeRow;
  readonly decision: DecisionRow;
  readonly held: { readonly holder: string; readonly expires: number };
  readonly older: boolean;
}

interface Taken {
  readonly request: TakeRequest;
  readonly found: Found;
}

/** Leases targets and ends what is older than the newest queued reconcile of each. */
export const take: Bulk<'take'> = async (work, requests) => {
  const found = await findNewest(work.session, requests);
  const free = requests.flatMap((request): readonly Taken[] => {
    const one = found.get(request.target);
    return one && !isHeld(one, request) ? [{ request, found: one }] : [];
  });
  const fences = await claimAll(work.session, free);
  const superseded = await supersedeAll(
    work,
    free.filter((one) => one.found.older),
  );
  return requests.map((request): BulkReply<'take'> => {
    const [one, fence] = [found.get(request.target), fences.get(request.target)];
    if (!one) return { answer: null };
    return fence === undefined ? refusal(one, request) : { answer: leaseOf(one, fence, superseded.get(request.target) ?? 0) };
  });
};

async function findNewest(session: Session, requests: readonly TakeRequest[]): Promise<ReadonlyMap<string, Found>> {
  const rows = await session.rows<Readonly<Record<string, unknown>>>(newest, [requests.map(({ target }) => target)]);
  const found = rows.flatMap((row): readonly Found[] => {
    const reconcile = rowOf<ReconcileRow>(row, 'r', reconcileColumns);
    const change = rowOf<ChangeRow>(row, 'c', changeColumns);
    const decision = rowOf<DecisionRow>(row, 'd', decisionColumns);
    const held = { holder: String(row['holder']), expires: Number(row['expires'] ?? 0) };
    return reconcile && change && decision ? [{ reconcile, change, decision, held, older: row['older'] === true }] : [];
  });
  return new Map(found.map((one) => [one.reconcile.target, one]));
}

function isHeld({ held }: Found, { monotonic, leaseMs }: TakeRequest): boolean {
  return isAhead(held.expires, monotonic, leaseMs);
}

function refusal({ held }: Found, { target, monotonic }: TakeRequest): BulkReply<'take'> {
  const seconds = Math.ceil((held.expires - monotonic) / 1_000);
  return { code: 'TARGET_LEASED', message: `${target} is leased by ${held.holder} for another ${seconds} s` };
}

async function claimAll(session: Session, free: readonly Taken[]): Promise<ReadonlyMap<string, number>> {
  if (free.length === 0) return new Map();
  const requests = free.map(({ request }) => request);
  const rows = await session.rows<{ target: string; fence: number }>(claim, [
    requests.map(({ target }) => target),
    requests.map(({ holder }) => holder),
    requests.map(({ monotonic, leaseMs }) => monotonic + leaseMs),
  ]);
  return new Map(rows.map(({ target, fence }) => [target, fence]));
}

/** By target: how many ended. */
async function supersedeAll({ session, ledger }: Work, taken: readonly Taken[]): Promise<ReadonlyMap<string, number>> {
  if (taken.length === 0) return new Map();
  const ends = taken.map(({ request, found: { reconcile } }) => endOf(reconcile, Math.trunc(request.now)));
  const rows = await session.rows<Attempt & { readonly seq: number }>(supersede, [
    ends.map(({ target }) => target),
    ends.map(({ seq }) => seq),
    ends.map(({ message }) => message),
    ends.map(({ now }) => now),
    ends.map(({ steps }) => steps),
  ]);
  return new Map(
    ends.map(({ target, now }) => {
      const ended = rows.filter((row) => row.target === target).toSorted((a, b) => a.seq - b.seq);
      ledger.tell(ended.map(({ change, decision, reconcile }) => ({ kind: 'superseded', change, decision, reconcile, at: now })));
      for (const one of ended) recordSuperseded(ledger, one, now);
      return [target, ended.length];
    }),
  );
}

function endOf({ target, seq, change, revision }: ReconcileRow, now: number) {
  const message = `the newer change ${change} (${revision ?? 'the head of the ref'}) took its place before its turn came`;
  return { target, seq, message, now, steps: stepsText([{ at: now, name: 'superseded', detail: message }]) };
}

function leaseOf({ reconcile, change, decision }: Found, fence: number, superseded: number): Lease {
  const { target } = reconcile;
  return { target, fence, reconcile: toReconcile(reconcile), change: toChange(change), decision: toDecision(decision), superseded };
}
