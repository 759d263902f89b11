import type { Account } from '#core/account.ts';
import type { Actor } from '#core/actor.ts';
import type { Change, ReadBackRecord } from '#core/change.ts';
import type { Hint } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import { headOf } from '#handlers/order.ts';

/**
 * Whoever moved a ref to a head that nothing told of, since the newest change that is known (of the last movement where none is), as the
 * source's own record of movements names them. Nobody where it does not name all, or cannot tell yet: rules on the pusher deny then, unless it
 * can when the head is confirmed.
 * @throws HeadgateError as ReadBack
 */
export async function pushersOf(
  readBack: ReadBack,
  { repository, ref }: { readonly repository: string; readonly ref: string },
  known: Change | undefined,
  head: string,
): Promise<readonly Actor[]> {
  const movers = await unlessLagging(readBack.movers?.(repository, ref, known?.after ?? null, head));
  return (movers ?? []).map(asPusher);
}

/**
 * Whom a hint names, and where none of them has an account (Gerrit: events carry user names alone), whoever moved the ref by the source's own
 * record. Pushers that it does not know stay without account, and so do those whom it contradicts (it names whoever brought the commits, and
 * somebody else moved the ref to them again): rules on the pusher deny. It is asked for what the ref leads to alone.
 * @param isFresh whether it may still be about to know
 * @throws HeadgateError as ReadBack; SOURCE_LAGGING while it is fresh
 */
export async function namedActors(
  readBack: ReadBack,
  hint: Hint,
  { record, known, isFresh }: { readonly record: ReadBackRecord | null; readonly known: readonly Change[]; readonly isFresh: boolean },
): Promise<readonly Actor[]> {
  const { repository, ref, actors, action, after } = hint;
  const isNamed = actors.some(({ account }) => account !== null);
  if (!readBack.movers || isNamed || action === 'requested' || action === 'deleted' || after === null) return actors;
  if (record?.standing !== 'head' || record.head === null) return actors;
  const asking = readBack.movers(repository, ref, startOf(hint, known), record.head);
  const movers = await (isFresh ? asking : unlessLagging(asking));
  return movers && actors.every(isAmong(movers)) ? [...actors.filter(({ role }) => role !== 'pusher'), ...movers.map(asPusher)] : actors;
}

/** Names tell apart, and prove nothing. */
function isAmong(movers: readonly Account[]): (actor: Actor) => boolean {
  return ({ role, name }) => role !== 'pusher' || movers.some((mover) => mover.name === name);
}

/** Where a ref came from. An echo does not say: it was where the newest change that is known has left it. */
export function startOf({ before, echo }: Hint, known: readonly Change[]): string | null {
  return before ?? (echo ? (headOf(known)?.after ?? null) : null);
}

async function unlessLagging(asking: Promise<readonly Account[] | undefined> | undefined): Promise<readonly Account[] | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof HeadgateError && error.code === 'SOURCE_LAGGING') return undefined;
    throw error;
  }
}

function asPusher(account: Account): Actor {
  return { role: 'pusher', ...account };
}
