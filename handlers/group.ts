import type { Change, ReadBackRecord } from '#core/change.ts';
import type { Hint } from '#core/delivery.ts';
import { newId } from '#core/ids.ts';
import type { Match, Settlement } from '#core/ports/journal.ts';
import type { ReadBack, RefHead } from '#core/ports/read-back.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { SourceObject } from '#core/target.ts';
import { askAccesses, noAccesses, type Accesses } from '#handlers/accesses.ts';
import { clustersByKnowledge } from '#handlers/cluster-knowledge.ts';
import { confirmHints } from '#handlers/confirm.ts';
import { matchAndDecide, matchIn, type Scope } from '#handlers/deciding.ts';
import { inspectContents } from '#handlers/contents.ts';
import type { DeliveryHandling, Handled } from '#handlers/delivery-handling.ts';
import { echoOf, foretoldBy, pastOf } from '#handlers/echo.ts';
import { isFresh } from '#handlers/lag.ts';
import { lookForNews, namesNoRef } from '#handlers/look-for-news.ts';
import { headOf, lateFor } from '#handlers/order.ts';
import { namedActors, pushersOf, startOf } from '#handlers/pushers.ts';
import { rangesFor } from '#handlers/ranges-for.ts';
import type { RecentChanges } from '#handlers/recent-changes.ts';
import { unheardHead } from '#handlers/unheard.ts';

type Hinted = Handled & { readonly hint: Hint };

/**
 * Takes the deliveries of one ref through confirm, match and decide. Writes nothing but the delivery of a head that nobody told of.
 * @param group of one (source, repository, ref), oldest first
 * @returns what to settle, each of them once
 */
export async function handleGroup(
  deps: DeliveryHandling,
  recent: RecentChanges,
  group: readonly Handled[],
): Promise<readonly Settlement[]> {
  const [first] = group;
  if (!first) return [];
  const adapter = deps.adapters.get(first.source);
  if (!adapter) return group.map((delivery) => dead(delivery, `source ${first.source} is no longer configured`));
  if (!first.hint) return group.map((delivery) => dead(delivery, 'the journal holds no hint for it'));
  const hinted = group.flatMap((delivery) => (delivery.hint ? [{ ...delivery, hint: delivery.hint }] : []));
  if (namesNoRef(first)) return lookForNews(deps, adapter, hinted);
  const { repository, ref } = first.hint;
  const known: Change[] = [...(await recent.of({ source: first.source, repository, ref }))];
  const settlements: Settlement[] = [];
  for (const one of await confirmed(deps, adapter, hinted, known)) settlements.push(await take(deps, adapter, one, known));
  return settlements;
}

/** A delivery with what the source said of it (null where it is not asked), or with the change that it is known to tell of. */
type Confirmed = { readonly delivery: Hinted } & ({ readonly record: ReadBackRecord | null } | { readonly known: Change });

/** Asks the source about everything that is news. Echoes come last: what they tell of may be among the others. */
async function confirmed(
  deps: DeliveryHandling,
  { readBack }: SourceAdapter,
  group: readonly Hinted[],
  known: readonly Change[],
): Promise<readonly Confirmed[]> {
  const echoes = group.flatMap((delivery) => {
    const change = echoOf(delivery, known);
    return change ? [{ delivery, known: change }] : [];
  });
  const news = group.filter((delivery) => !echoes.some((echo) => echo.delivery === delivery));
  const records = readBack ? await confirm(deps, readBack, news, known) : [];
  const asked = news.map((delivery, index) => ({ delivery, record: records[index] ?? null }));
  return [...asked.toSorted((a, b) => Number(a.delivery.hint.echo ?? false) - Number(b.delivery.hint.echo ?? false)), ...echoes];
}

/** What comes of one delivery: a change, unless a change that is known says the same. */
async function take(deps: DeliveryHandling, adapter: SourceAdapter, confirmed: Confirmed, known: Change[]): Promise<Settlement> {
  const { delivery } = confirmed;
  if ('known' in confirmed) return told(delivery, confirmed.known);
  const { record } = confirmed;
  const echoed = echoOf(delivery, known) ?? (await pastOf(deps.journal, delivery, { known, record }));
  if (echoed) return told(delivery, echoed);
  const { hint } = delivery;
  const asked = { record, known, isFresh: isFresh(deps.clock, delivery) };
  const actors = adapter.readBack ? await namedActors(adapter.readBack, hint, asked) : hint.actors;
  const foretold = await foretoldBy(deps.journal, delivery, { actors, record, known });
  if (foretold) return told(delivery, foretold);
  const match = await settle(deps, adapter, { ...delivery, hint: { ...hint, actors } }, record, known);
  known.unshift(match.change);
  return { delivery: delivery.id, state: 'done', reason: summary(match), match };
}

function told({ id, hint }: Hinted, { id: change, ref, after }: Change): Settlement {
  return { delivery: id, state: 'done', reason: `${change} ${after === hint.after ? 'tells of it' : 'is newer'}: ${ref} at ${after}` };
}

/** Asks the source; a head that none of these deliveries told of is entered as one of its own before they are settled. */
async function confirm(
  deps: DeliveryHandling,
  readBack: ReadBack,
  group: readonly Hinted[],
  known: readonly Change[],
): Promise<readonly ReadBackRecord[]> {
  const { records, head } = await confirmHints(deps, readBack, group);
  const [told] = group.filter(({ kind }) => kind !== 'request');
  if (head && told && !group.some(({ kind }, index) => kind !== 'request' && records[index]?.standing === 'head')) {
    await enterUnheard(deps, readBack, told, head, known);
  }
  return records;
}

async function enterUnheard(
  deps: DeliveryHandling,
  readBack: ReadBack,
  told: Hinted,
  head: RefHead,
  changes: readonly Change[],
): Promise<void> {
  const known = headOf(changes);
  if (known?.revision === head.commit) return;
  const { repository, ref } = told.hint;
  const of = { source: told.source, repository, ref };
  const actors = await pushersOf(readBack, of, known, head.commit);
  await deps.journal.append(unheardHead(deps.clock, of, head, { known, actors, cause: `seen while ${told.id} was confirmed` }));
}

async function settle(
  deps: DeliveryHandling,
  adapter: SourceAdapter,
  delivery: Hinted,
  record: ReadBackRecord | null,
  known: readonly Change[],
): Promise<Match> {
  const { known: clusters, unknown } = clustersByKnowledge(deps.inventory);
  const scope: Scope = { only: delivery.hint.only, clusters };
  const change = changeOf(deps, delivery, record, known, unknown);
  const matched = (): readonly SourceObject[] => matchIn(deps, change, adapter, scope).matched;
  const ranges = await rangesFor(deps, adapter, change, matched, isFresh(deps.clock, delivery) ? true : undefined);
  const accesses = change.subject ? await accessesOf(deps, adapter, change, scope) : noAccesses;
  const contents = await inspectContents(adapter, change, matched);
  const decided = { ...change, readBack: record && { ...record, range: ranges.record } };
  const proposal = await deps.policyChanges?.propose(decided);
  // Without a pause between them: all decisions about one change are made by the same policies.
  const match = matchAndDecide(deps, decided, adapter, scope, ranges, accesses, contents);
  const ofPolicies = proposal && deps.policyChanges?.decide(decided, proposal);
  return ofPolicies ? { ...match, decisions: [...match.decisions, ofPolicies] } : match;
}

/** Asked before it is decided, because deciding asks nobody. */
function accessesOf(deps: DeliveryHandling, adapter: SourceAdapter, change: Change, scope: Scope): Promise<Accesses> {
  const { matched } = matchIn(deps, change, adapter, scope);
  return askAccesses(
    deps,
    change,
    matched.map(({ target }) => target),
  );
}

function changeOf(
  deps: DeliveryHandling,
  { id, source, receivedAt, hint }: Hinted,
  record: ReadBackRecord | null,
  known: readonly Change[],
  unknown: readonly string[],
): Change {
  const { repository, ref, action, after, occurredAt, subject } = hint;
  const late = record?.standing === 'head' ? null : lateFor(hint, known);
  const isHead = record === null || record.standing === 'head';
  const revision = revisionOf(hint, record);
  return {
    id: newId('chg', deps.clock),
    delivery: id,
    source,
    repository,
    ref,
    action,
    before: late === null ? startOf(hint, known) : hint.before,
    after,
    revision,
    confirmed: record !== null && isTrue(hint, record),
    occurredAt,
    receivedAt,
    at: deps.clock.now(),
    actors: actorsOf(hint, revision, known),
    ...(subject ? { subject } : {}),
    lateFor: late,
    owed: action === 'requested' || !isHead ? [] : unknown,
    readBack: record,
  };
}

/** The head is the commit that the source names, whatever was told of it; where it is not asked, whatever Flux finds. */
function revisionOf(hint: Hint, record: ReadBackRecord | null): string | null {
  if (hint.action === 'deleted') return null;
  if (record?.standing === 'head') return record.head;
  return hint.commit ?? hint.after ?? record?.head ?? null;
}

/** Whoever asks for a revision or looks at it pushes nothing: its pusher is known from the change that brought it, where that was confirmed. */
function actorsOf({ actors, action }: Hint, revision: string | null, known: readonly Change[]): Change['actors'] {
  const isPusher = ({ role }: Change['actors'][number]): boolean => role === 'pusher';
  if (actors.some(isPusher) || action === 'deleted' || revision === null) return actors;
  const brought = known.find((change) => change.revision === revision && change.confirmed && change.actors.some(isPusher));
  return [...actors, ...(brought?.actors.filter(isPusher) ?? [])];
}

function isTrue({ action }: Hint, { standing }: ReadBackRecord): boolean {
  return standing === 'head' || standing === 'behind' || (standing === 'gone' && action === 'deleted');
}

function dead(delivery: Handled, reason: string): Settlement {
  return { delivery: delivery.id, state: 'dead', reason };
}

function summary({ candidates, decisions, change }: Match): string | null {
  if (decisions.length === 0 && change.owed.length > 0)
    return `no match so far; clusters that have not answered yet: ${change.owed.join(', ')}`;
  if (decisions.length === 0 && candidates.length === 0) return 'no cluster has a source object with this repository';
  if (decisions.length === 0) return `${candidates.length} source objects of this repository, none follows this change`;
  if (decisions.every(({ verdict }) => verdict !== 'allow')) return 'denied for every target';
  return null;
}
