import { anyRef, type Hint } from '#core/delivery.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Settlement } from '#core/ports/journal.ts';
import type { ReadBack } from '#core/ports/read-back.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { broughtBy } from '#handlers/brought-by.ts';
import { clustersByKnowledge } from '#handlers/cluster-knowledge.ts';
import type { DeliveryHandling, Handled } from '#handlers/delivery-handling.ts';
import { isFresh } from '#handlers/lag.ts';
import { lookAt, type Entered, type Look } from '#handlers/look.ts';
import { announcedHead } from '#handlers/unheard.ts';
import { watchedRefs, type Watched } from '#handlers/watched.ts';

type News = Handled & { readonly hint: Hint };

/** Whether news name a repository alone. */
export function namesNoRef({ hint }: Handled): boolean {
  return hint?.ref === anyRef;
}

/**
 * Takes news that name no ref: whatever of the repository is followed is looked at once for all of them, and each ref that has moved is entered
 * as a delivery of its own, which names the newest of them as its cause and goes through confirm, match and decide.
 * @param group of one repository, oldest first
 * @throws HeadgateError those of ReadBack, SOURCE_LAGGING also until some cluster has told what it contains
 */
export async function lookForNews(deps: DeliveryHandling, adapter: SourceAdapter, group: readonly News[]): Promise<readonly Settlement[]> {
  const newest = group.at(-1);
  if (!newest) return [];
  const { readBack } = adapter;
  if (!readBack)
    return group.map(({ id }) => ({ delivery: id, state: 'dead', reason: `${adapter.name} cannot be asked, and it names no ref` }));
  requireInventory(deps);
  const { repository } = newest.hint;
  const watched = watchedRefs(deps.inventory.sources(), adapter).filter(({ follows }) => follows.repository === repository);
  const entered: Entered[] = [];
  const look = lookFor(deps, adapter.name, readBack, { group, cause: newest.id, entered });
  const present = await lookAt(look, repository, watched);
  if (watched.length > 0) await requireShown(deps, readBack, group, entered);
  const [refused] = look.refused;
  if (refused && present === 0) throw refused;
  for (const { message, hint } of look.refused)
    deps.log.warn('a look could not see everything', { source: adapter.name, error: message, hint });
  const reason = [foundIn(repository, watched, entered), ...look.refused.map(({ message }) => message)].join('; ');
  return group.map(({ id }) => ({
    delivery: id,
    state: 'done',
    reason: id === newest.id ? reason : `${reason} (one look for ${newest.id})`,
  }));
}

function requireInventory({ inventory }: DeliveryHandling): void {
  if (clustersByKnowledge(inventory).known.length === 0)
    throw new HeadgateError('SOURCE_LAGGING', 'no cluster has told yet what it contains, so that nothing is known to be followed');
}

/**
 * What has just been announced has to be there: a look that came too early found nothing of it, and nobody would look again until the next sweep. It is
 * asked for once the look is over, because a look that found it has shown that it is there. Not asked of a repository of which nothing is followed:
 * hosts tell of all that they have, and asking may be cloning.
 */
async function requireShown(
  { clock }: DeliveryHandling,
  readBack: ReadBack,
  group: readonly News[],
  entered: readonly Entered[],
): Promise<void> {
  const announced = group.findLast(({ hint }) => hint.commit !== null);
  if (!announced || !isFresh(clock, announced)) return;
  const { repository, commit } = announced.hint;
  if (entered.some(({ head }) => head.commit === commit)) return;
  if (commit !== null && (await readBack.isAncestor(repository, commit, commit)) === undefined)
    throw new HeadgateError('SOURCE_LAGGING', `${repository} does not show ${commit} yet, which was announced`);
}

function lookFor(
  { clock, journal, log, seen }: DeliveryHandling,
  source: string,
  readBack: ReadBack,
  { group, cause, entered }: { readonly group: readonly News[]; readonly cause: string; readonly entered: Entered[] },
): Look {
  const news = group.map(({ hint }) => hint);
  const moversOf: Look['moversOf'] = ({ ref }, head, known) => broughtBy(readBack, news, { ref, head, known });
  return {
    source,
    journal,
    readBack,
    refused: [],
    moversOf,
    namedSince: moversOf,
    deliveryOf: (of, head, told) => announcedHead(clock, of, head, { ...told, cause }),
    onEntered: (one) => {
      entered.push(one);
      if (one.whole) seen.keep(one.delivery, one.head);
      log.debug('a look for news found a head', { source, repository: one.repository, ref: one.ref, revision: one.head.commit, cause });
    },
  };
}

function foundIn(repository: string, watched: readonly Watched[], entered: readonly Entered[]): string {
  if (watched.length === 0) return `nothing of ${repository} is followed`;
  if (entered.length === 0)
    return `of what is followed of ${repository} nothing has moved: ${watched.slice(0, limits.look.named).map(nameOf).join(', ')}`;
  const more = entered.length - limits.look.named;
  const named = entered.slice(0, limits.look.named).map(({ ref, head, delivery }) => `${ref} to ${head.commit.slice(0, 12)} (${delivery})`);
  return `moved: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function nameOf({ follows }: Watched): string {
  if ('ref' in follows) return follows.ref;
  return 'tags' in follows ? follows.tags : 'tags by version';
}
