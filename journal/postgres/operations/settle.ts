import { movesHead, type Change } from '#core/change.ts';
import type { Match, Settlement } from '#core/ports/journal.ts';
import type { Bulk } from '#journal/postgres/operations/bulk.ts';
import { addChanges, addVerdicts } from '#journal/postgres/operations/store-match.ts';
import { addTally } from '#journal/postgres/operations/tally.ts';
import type { Session, Statement } from '#journal/postgres/session.ts';

const standing: Statement = {
  name: 'settle standing',
  text: 'SELECT id, state FROM delivery WHERE id = ANY ($1::text[]) ORDER BY id FOR UPDATE',
};

const leave: Statement = {
  name: 'settle leave',
  text: `UPDATE delivery d SET state = w.state, reason = w.reason, settled_at = w.at
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS w (id, state, reason, at) WHERE d.id = w.id`,
};

const displace: Statement = {
  name: 'settle displace',
  text: `UPDATE change c SET owed = '[]' FROM unnest($1::text[], $2::text[], $3::text[]) AS w (repository, ref, source)
    WHERE c.repository = w.repository AND c.ref = w.ref AND c.source = w.source AND c.owed <> '[]'`,
};

interface Settled extends Settlement {
  readonly at: number;
}

/** Writes what came of deliveries. One that is no longer pending was settled before: nothing of it is written again. */
export const settle: Bulk<'settle'> = async (work, requests) => {
  const asked = requests.flatMap(({ settlements, now }) => settlements.map((one): Settled => ({ ...one, at: Math.trunc(now) })));
  const settled = await stillPending(work.session, asked);
  const columns = [
    settled.map((one) => one.delivery),
    settled.map((one) => one.state),
    settled.map((one) => one.reason),
    settled.map((one) => one.at),
  ];
  if (settled.length > 0) await work.session.rows(leave, columns);
  for (const state of ['done', 'ignored'] as const)
    await addTally(work.session, state, settled.filter((one) => one.state === state).length);
  await store(work, settled);
  return requests.map(() => ({ answer: null }));
};

/** The first settlement of each delivery that is pending; the rows are locked, because deferrals do not take the lock of the flow. */
async function stillPending(session: Session, asked: readonly Settled[]): Promise<readonly Settled[]> {
  const rows = await session.rows<{ id: string; state: string }>(standing, [asked.map(({ delivery }) => delivery)]);
  const states = new Map(rows.map(({ id, state }) => [id, state]));
  return asked.filter(({ delivery }) => {
    const state = states.get(delivery);
    if (state === undefined) throw new Error(`there is no delivery ${delivery} to settle`);
    states.set(delivery, 'settled');
    return state === 'pending';
  });
}

async function store(work: Parameters<typeof settle>[0], settled: readonly Settled[]): Promise<void> {
  const matches = settled.flatMap(({ match }) => (match ? [match] : []));
  if (matches.length === 0) return;
  const moving = [...new Map(matches.filter(({ change }) => movesHead(change)).map(({ change }) => [refOf(change), change])).values()];
  if (moving.length > 0)
    await work.session.rows(displace, [moving.map((c) => c.repository), moving.map((c) => c.ref), moving.map((c) => c.source)]);
  await addChanges(work.session, displacedAmong(matches));
  await addVerdicts(work, matches);
}

const refOf = ({ repository, ref, source }: Change): string => `${source}\n${repository}\n${ref}`;

/** A newer change of a ref takes the place of those that were owed, also of those before it in the same round. */
function displacedAmong(matches: readonly Match[]): readonly Match[] {
  const moved = new Set<string>();
  const newestFirst = matches.toReversed().map((match) => {
    const isDisplaced = moved.has(refOf(match.change));
    if (movesHead(match.change)) moved.add(refOf(match.change));
    return isDisplaced ? { ...match, change: { ...match.change, owed: [] } } : match;
  });
  return newestFirst.toReversed();
}
