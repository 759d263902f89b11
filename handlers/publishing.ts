import type { Clock } from '#core/clock.ts';
import type { Decision } from '#core/decision.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { publicationOf } from '#core/followed.ts';
import { limits } from '#core/limits.ts';
import type { Archive, Lease, Work } from '#core/ports/journal.ts';
import type { Publisher } from '#core/ports/publisher.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { addressOf, type Publication } from '#core/publication.ts';
import type { PublishedArtifact } from '#core/reconcile.ts';
import { targetKey, type SourceObject } from '#core/target.ts';
import type { Turns } from '#core/turns.ts';
import { askAccesses } from '#handlers/accesses.ts';
import { clustersByKnowledge } from '#handlers/cluster-knowledge.ts';
import { decideFor, traitsOf, type Deciding } from '#handlers/deciding.ts';
import { evidenceAgain } from '#handlers/evidence-again.ts';
import { movedOn } from '#handlers/moved-on.ts';
import { moversOf } from '#handlers/movers.ts';
import type { RecentChanges } from '#handlers/recent-changes.ts';
import { together } from '#policy/together.ts';
import type { Inventory } from '#core/ports/clusters.ts';

export interface Publishing extends Deciding {
  readonly clock: Clock;
  readonly journal: Pick<Work, 'newer'> & Pick<Archive, 'decisions'>;
  readonly recent: Pick<RecentChanges, 'around'>;
  readonly inventory: Deciding['inventory'] & Pick<Inventory, 'health'>;
  readonly adapters: ReadonlyMap<string, SourceAdapter>;
  /** One at a time publishes to an address: what is slow never takes the tag back from what came after it. */
  readonly artifacts: Turns;
}

/** What is published where for a target. */
export interface Publishable {
  readonly adapter: SourceAdapter;
  readonly publisher: Publisher;
  readonly publication: Publication;
}

/** What is to be published, for which lease, and what was decided for its target a moment ago. */
export interface PublishTask extends Publishable {
  readonly lease: Lease;
  readonly source: SourceObject;
  readonly decision: Decision;
}

/** `wait`: in words, why it is tried again later. `failed`: it is of no use to, or no more than for a while. */
export type PublishResult =
  | { readonly published: PublishedArtifact; readonly moved: boolean }
  | { readonly denied: Decision }
  | { readonly past: string }
  | { readonly wait: string; readonly refused: boolean }
  | { readonly failed: string };

/** What its target gets published; undefined when it gets nothing so. */
export function publishableFor(
  adapters: ReadonlyMap<string, SourceAdapter>,
  { change }: Lease,
  source: SourceObject,
): Publishable | undefined {
  const adapter = adapters.get(change.source);
  const publication = adapter && publicationOf(adapter, source);
  return publication && adapter.publisher ? { adapter, publisher: adapter.publisher, publication } : undefined;
}

/**
 * Publishes the revision of a lease, if it is allowed for everything that the tag moves, and still the newest that is known. Bounded in time by the lease: what has lost its
 * lease must never move the tag. Does not reject for what the registry or the source do; rejects with what the journal does.
 * @param deadline monotonic
 */
export async function publishAllowed(deps: Publishing, task: PublishTask, deadline: number): Promise<PublishResult> {
  const { unknown } = clustersByKnowledge(deps.inventory);
  if (unknown.length > 0)
    return {
      wait: `cluster ${unknown.join(', ')} has not answered yet, and what follows the artifact there would move too`,
      refused: false,
    };
  const stop = new AbortController();
  const cancel = deps.clock.after(Math.max(0, deadline - deps.clock.monotonic()), () => stop.abort());
  try {
    return await deps.artifacts.take(addressOf(task.publication), () => inTurn(deps, task, stop.signal));
  } finally {
    cancel();
  }
}

async function inTurn(deps: Publishing, task: PublishTask, signal: AbortSignal): Promise<PublishResult> {
  const address = addressOf(task.publication);
  try {
    if (signal.aborted) return { wait: `${address} was being published to for another target`, refused: false };
    const { lease } = task;
    if ((await deps.journal.newer(lease.target, lease.reconcile.seq)).length > 0)
      return { wait: 'a newer revision was allowed while this one waited for its turn', refused: false };
    const past = await movedOn(deps, lease.change);
    if (past) return { past };
    const denied = await deniedElsewhere(deps, task);
    return denied ? { denied } : await publish(task, signal);
  } catch (error) {
    if (signal.aborted) return { wait: `${address} could not be published to within ${limits.publish.attempt / 1000} s`, refused: false };
    return afterFailure(error);
  }
}

async function publish({ publisher, publication, lease: { change } }: PublishTask, signal: AbortSignal): Promise<PublishResult> {
  const revision = revisionOf(change);
  if (revision === null) return { past: `${change.source} does not say what ${change.ref} leads to` };
  const { digest, moved, bytes } = await publisher.publish({ publication, ref: change.ref, revision, signal });
  return { published: { address: addressOf(publication), digest, bytes }, moved };
}

/** Of a request that names none, what the source said that the head is: nothing but what was confirmed is published. */
function revisionOf({ revision, readBack }: Lease['change']): string | null {
  return revision ?? readBack?.head ?? null;
}

/** Moving the tag moves everything that follows it, so each follower is decided once more, with what is known now. */
async function deniedElsewhere(
  deps: Publishing,
  { adapter, publication, lease, source, decision }: PublishTask,
): Promise<Decision | undefined> {
  const { followers, unclear } = moversOf(deps.inventory, adapter, publication);
  const others = followers.filter(({ target }) => targetKey(target) !== targetKey(source.target));
  const decisions: Decision[] = [];
  for (const other of others) decisions.push(await decideOther(deps, adapter, lease, other));
  const all = together(decision, decisions, { address: addressOf(publication), unclear });
  return all.verdict === 'allow' ? undefined : all;
}

/** Counted from where its own decision on this change did. One that has none was not there then: what came to it is not known. */
async function decideOther(deps: Publishing, adapter: SourceAdapter, { change }: Lease, other: SourceObject): Promise<Decision> {
  const { items } = await deps.journal.decisions({ change: change.id, target: targetKey(other.target) }, { limit: 1, cursor: null });
  const [own] = items;
  const range = own
    ? await evidenceAgain(deps, { change, decision: own }, other)
    : { missing: 'it followed nothing when the change was decided. Ask for it again (`headgate reconcile`)', base: null };
  const accesses = await askAccesses(deps, change, [other.target]);
  return decideFor(deps, change, other, traitsOf(adapter, change.repository), { range, accesses });
}

function afterFailure(error: unknown): PublishResult {
  if (!(error instanceof HeadgateError) || error.code === 'JOURNAL_UNAVAILABLE') throw error;
  if (error.code === 'CONTENT_TOO_LARGE' || error.code === 'CONTENT_REFUSED') return { failed: messageOf(error) };
  return { wait: messageOf(error), refused: error.code === 'REGISTRY_REFUSED' };
}
