import { oneByOne, type BulkReply, type Work } from '#journal/postgres/operations/bulk.ts';
import type { PostgresOperation } from '#journal/postgres/protocol.ts';
import type { Statement } from '#journal/postgres/session.ts';

/** What the leader alone writes. A deferral is not among them: it does not wait for the lock, and does no harm to what is pending still. */
const leaders: ReadonlySet<PostgresOperation> = new Set([
  ...(['settle', 'repay', 'observe', 'told', 'see'] as const),
  ...(['pruneBodies', 'pruneRecords', 'pruneChain', 'prunePersons', 'pruneNews'] as const),
]);

const claim: Statement = {
  name: 'lead',
  text: `UPDATE lead SET fence = CASE WHEN holder = $1 THEN fence ELSE fence + 1 END, holder = $1, expires = $2::double precision + $3::double precision
    WHERE holder = $1 OR expires <= $2 OR expires > $2::double precision + 2 * $3::double precision RETURNING 1`,
};

/** Takes the lead or keeps it; under the lock of the flow, so that what the leader before was writing is written, or never will be. */
export const lead = oneByOne<'lead'>(async ({ session, ledger, leading }, { now, leaseMs }) => {
  if ((await session.rows(claim, [leading.holder, now, leaseMs])).length === 0) return false;
  ledger.leader = leading.holder;
  leading.hasLed = true;
  return true;
});

const release: Statement = { name: 'resign', text: `UPDATE lead SET holder = '', expires = 0 WHERE holder = $1` };

/** Gives it up. */
export const resign = oneByOne<'resign'>(async ({ session, ledger, leading }) => {
  await session.rows(release, [leading.holder]);
  if (ledger.leader === leading.holder) ledger.leader = '';
  return null;
});

/** Refuses what a process writes as a leader after another has taken its place; one that never led is not asked. */
export function refusalOf({ ledger, leading }: Work, name: PostgresOperation): BulkReply<PostgresOperation> | undefined {
  if (!leading.hasLed || !leaders.has(name) || ledger.leader === leading.holder) return undefined;
  return { code: 'NOT_LEADING', message: `this process (${leading.holder}) leads no longer` };
}
