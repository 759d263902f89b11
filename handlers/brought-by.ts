import type { Actor } from '#core/actor.ts';
import type { Change } from '#core/change.ts';
import type { Hint } from '#core/delivery.ts';
import { parseHgRef } from '#core/hg-ref.ts';
import { limits } from '#core/limits.ts';
import type { ReadBack, RefHead } from '#core/ports/read-back.ts';

/** What moved: a ref, to where, and the newest change that had moved it before. */
export interface Moved {
  readonly ref: string;
  readonly head: RefHead;
  readonly known: Change | undefined;
}

/**
 * Whoever is known to have moved a ref, by news that name transactions of its repository: nobody, unless one of them says that it brought the very
 * changeset (or moved the very bookmark) that the ref leads to now. Then also those whose changesets came before it since the newest change that is known:
 * two who push at once are both named, and neither for the other alone.
 * @param news of the repository
 * @throws HeadgateError as ReadBack
 */
export async function broughtBy(readBack: ReadBack, news: readonly Hint[], { ref, head, known }: Moved): Promise<readonly Actor[]> {
  const parsed = parseHgRef(ref);
  if (parsed === undefined) return [];
  if (parsed.kind === 'bookmark') return pushersOf(news.filter(({ brought }) => brought?.bookmarks[parsed.name] === head.commit));
  const exact = await bringersOf(readBack, news, head.object);
  if (exact.length === 0 || parsed.kind === 'tag') return pushersOf(exact);
  const others = news.filter((hint) => !exact.includes(hint));
  return pushersOf([...exact, ...(await broughtBefore(readBack, others, { head, known }))]);
}

async function broughtBefore(
  readBack: ReadBack,
  others: readonly Hint[],
  { head, known }: Pick<Moved, 'head' | 'known'>,
): Promise<readonly Hint[]> {
  const [first] = others;
  const base = known?.revision ?? head.commit;
  if (!first || base === head.commit) return [];
  const { commits } = await readBack.range(first.repository, base, head.commit);
  const ids = new Set(commits.map(({ id }) => id));
  return others.filter((hint) => headsOf(hint).some((node) => ids.has(node)));
}

/**
 * News of the transaction that brought a changeset, be it the last of what came or not: of a tag the one with the line that says so. The history of what
 * came is asked of the newest few.
 */
async function bringersOf(readBack: ReadBack, news: readonly Hint[], node: string): Promise<readonly Hint[]> {
  const named = news.filter((hint) => headsOf(hint).includes(node));
  if (named.length > 0) return named;
  const found: Hint[] = [];
  for (const hint of news.slice(-limits.readBack.asked)) if (await hasBrought(readBack, hint, node)) found.push(hint);
  return found;
}

/** All that descends from the first changeset of a transaction came with it or later, and all that the last descends from with it or before. */
async function hasBrought(readBack: ReadBack, hint: Hint, node: string): Promise<boolean> {
  const { repository, brought } = hint;
  const first = brought?.first;
  if (!first || (await readBack.isAncestor(repository, first, node)) !== true) return false;
  for (const head of headsOf(hint).slice(0, limits.readBack.asked))
    if ((await readBack.isAncestor(repository, node, head)) === true) return true;
  return false;
}

function headsOf({ brought, commit }: Hint): readonly string[] {
  return brought && brought.heads.length > 0 ? brought.heads : commit === null ? [] : [commit];
}

/** Each once. */
function pushersOf(news: readonly Hint[]): readonly Actor[] {
  const pushers = news.flatMap(({ actors }) => actors.filter(({ role }) => role === 'pusher'));
  return [...new Map(pushers.map((actor) => [JSON.stringify([actor.account, actor.name]), actor])).values()];
}
