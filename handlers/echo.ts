import type { Actor } from '#core/actor.ts';
import type { Change, ReadBackRecord } from '#core/change.ts';
import { isSeen, type DeliveryKind, type Hint } from '#core/delivery.ts';
import { limits } from '#core/limits.ts';
import { isSameDoubt } from '#core/ref-doubt.ts';
import type { Archive } from '#core/ports/journal.ts';
import { knowsAll } from '#handlers/known-actors.ts';
import { headOf, lateFor } from '#handlers/order.ts';

interface Told {
  readonly kind: DeliveryKind;
  readonly hint: Hint;
}

/**
 * The newest change of a ref, where an echo tells of it: the source need not be asked.
 * @param known changes of the ref, newest first
 */
export function echoOf({ hint }: Told, known: readonly Change[]): Change | undefined {
  const head = headOf(known);
  return hint.echo && !hint.again && head?.after === hint.after ? head : undefined;
}

/**
 * The change that an echo, or a look of our own, tells of, where the ref has moved on since. Where the source is not asked, that is a matter of order,
 * and an echo that came late tells of what the newest change has left behind in any case.
 * @param known changes of the ref, newest first
 * @param record what the source said of it; null where it is not asked
 */
export async function pastOf(
  journal: Pick<Archive, 'changes'>,
  { kind, hint }: Told,
  { known, record }: { readonly known: readonly Change[]; readonly record: ReadBackRecord | null },
): Promise<Change | undefined> {
  if ((!hint.echo && !isSeen(kind)) || hint.again || hint.after === null) return undefined;
  const isPast = record === null ? lateFor(hint, known) !== null : record.standing !== 'head';
  if (!isPast) return undefined;
  return (await tellerOf(journal, hint.after, known)) ?? (record === null ? headOf(known) : undefined);
}

/**
 * The change of a ref that says as much as a hint does, because an echo or a look of our own came before the news itself, or a look after it: the
 * newest, or an older one, however old, where the ref has moved on since. What was told at first hand is never foretold: a ref that goes back and
 * forth moves each time.
 * @param actors whoever the hint names. If the newest change does not know one of their accounts, it has to be decided anew; what is past is not
 * @param record what the source said of the hint; null where it is not asked
 */
export async function foretoldBy(
  journal: Pick<Archive, 'delivery' | 'changes'>,
  { kind, hint }: Told,
  {
    actors,
    record,
    known,
  }: { readonly actors: readonly Actor[]; readonly record: ReadBackRecord | null; readonly known: readonly Change[] },
): Promise<Change | undefined> {
  const { after } = hint;
  if (hint.again || hint.action === 'requested' || after === null) return undefined;
  const isPast = record !== null && record.standing !== 'head';
  const candidate = isPast ? await tellerOf(journal, after, known) : headOf(known);
  if (candidate?.after !== after || candidate.action === 'requested') return undefined;
  if (!isPast && !saysAsMuch(candidate, actors, record)) return undefined;
  return isSeen(kind) || (await isSecondHand(journal, candidate)) ? candidate : undefined;
}

/** Whether a change knows of everybody who is named, and was in doubt for the same reasons: else it has to be decided anew. */
function saysAsMuch(change: Change, actors: readonly Actor[], record: ReadBackRecord | null): boolean {
  if (record?.standing === 'head' && !isSameDoubt(record.doubts, change.readBack?.doubts)) return false;
  return knowsAll(change, actors);
}

/** The newest change of the ref to a commit, however many have come since. @param known the newest ones of the ref; empty: it is new */
async function tellerOf(journal: Pick<Archive, 'changes'>, commit: string, known: readonly Change[]): Promise<Change | undefined> {
  const tells = ({ after, action }: Change): boolean => after === commit && action !== 'requested';
  const near = known.find(tells);
  const [any] = known;
  if (near || any === undefined || known.length < limits.recent.changes) return near;
  const { source, repository, ref } = any;
  const { items } = await journal.changes({ source, repository, ref, revision: commit }, { limit: limits.recent.changes, cursor: null });
  return items.find(tells);
}

async function isSecondHand(journal: Pick<Archive, 'delivery'>, { delivery }: Change): Promise<boolean> {
  const told = await journal.delivery(delivery);
  return told !== undefined && (isSeen(told.kind) || told.hint?.echo === true);
}
