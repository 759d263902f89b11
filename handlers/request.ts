import { followedNow } from '#core/followed.ts';
import type { Announcer } from '#core/announcements.ts';
import type { Clock } from '#core/clock.ts';
import type { NewDelivery } from '#core/delivery.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { limits } from '#core/limits.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { Archive, DeliveryLog, Story } from '#core/ports/journal.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Reconcile } from '#core/reconcile.ts';
import { targetKey, type SourceObject } from '#core/target.ts';
import { acceptedBefore, bodyOf, tokenDeliveryId, type Requester } from '#handlers/request-once.ts';

/** A person or a pipeline asks for a reconcile. Policy decides about it like about any other change. */
export interface ReconcileRequest extends Requester {
  readonly cluster: string;
  readonly namespace: string;
  /** A source kind, or the kind of a consumer: then its source is meant. Absent: every source object that fits. */
  readonly kind?: string;
  readonly name?: string;
  /** Ask Flux even when the target is current. */
  readonly force?: boolean;
}

export interface Waiting {
  readonly clock: Clock;
  readonly journal: Pick<Archive, 'story'>;
  readonly announcer: Announcer;
}

export interface Requesting extends Waiting {
  readonly journal: DeliveryLog & Pick<Archive, 'changes' | 'story' | 'delivery' | 'deliveries' | 'body'>;
  readonly inventory: Pick<Inventory, 'sources' | 'footprint' | 'health'>;
  readonly adapters: ReadonlyMap<string, SourceAdapter>;
  /** A delivery has been accepted. */
  readonly onAccepted: () => void;
}

/** What a request comes to: the newest of one ref, for these targets. */
interface Part {
  readonly source: string;
  readonly repository: string;
  readonly ref: string;
  readonly targets: string[];
}

/**
 * Journals the request as a delivery of kind `request`, waits until it is decided, and answers with what came of it.
 * @param waitMs how long to wait for the outcomes of the reconciles; 0 answers as soon as it is decided
 * @returns one story for each (source, repository, ref) that the request touches
 * @throws HeadgateError NOT_FOUND, DENIED (no configured source has the repository), REQUEST_INVALID, UNAUTHENTICATED (the token has asked for something else before), CLUSTER_UNREACHABLE, JOURNAL_UNAVAILABLE
 */
export async function requestReconcile(
  deps: Requesting,
  request: ReconcileRequest,
  waitMs: number,
  signal: AbortSignal,
): Promise<readonly Story[]> {
  const stories: Story[] = [];
  for (const id of (await acceptedBefore(deps.journal, request)) ?? (await acceptAll(deps, request))) {
    const change = await decided(deps, id, signal);
    stories.push(await ended(deps, change, waitMs, signal));
  }
  return stories;
}

/** Each is on disk before any of them is waited for. @returns ids of the deliveries */
async function acceptAll(deps: Requesting, request: ReconcileRequest): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const [index, part] of groupByRef(deps, findTargets(deps, request)).entries()) ids.push(await accept(deps, request, part, index));
  return ids;
}

function findTargets({ inventory }: Requesting, request: ReconcileRequest): readonly SourceObject[] {
  const cluster = inventory.health().find((health) => health.cluster === request.cluster);
  if (!cluster) throw new HeadgateError('NOT_FOUND', `no cluster ${request.cluster} is configured`);
  if (!cluster.known) throw new HeadgateError('CLUSTER_UNREACHABLE', `cluster ${request.cluster} has not answered yet`);
  const found = inventory.sources().filter((source) => source.target.cluster === request.cluster && means(inventory, source, request));
  if (found.length > 0) return found;
  const what = [request.kind ?? 'source object', request.name].filter(Boolean).join('/');
  throw new HeadgateError('NOT_FOUND', `cluster ${request.cluster} has no ${what} in namespace ${request.namespace}`, {
    hint: 'List what there is with `headgate get targets`.',
  });
}

function means(inventory: Requesting['inventory'], source: SourceObject, request: ReconcileRequest): boolean {
  const fits = (object: SourceObject['target']): boolean =>
    object.namespace === request.namespace &&
    (request.kind === undefined || object.kind === request.kind) &&
    (request.name === undefined || object.name === request.name);
  return fits(source.target) || (request.kind !== undefined && inventory.footprint(source).consumers.some(({ object }) => fits(object)));
}

function groupByRef({ adapters }: Requesting, sources: readonly SourceObject[]): readonly Part[] {
  const parts = new Map<string, Part>();
  for (const source of sources) {
    const part = partOf(adapters, source);
    const key = JSON.stringify(part);
    const known = parts.get(key) ?? { ...part, targets: [] };
    known.targets.push(targetKey(source.target));
    parts.set(key, known);
  }
  return [...parts.values()];
}

function partOf(adapters: ReadonlyMap<string, SourceAdapter>, source: SourceObject): Omit<Part, 'targets'> {
  for (const adapter of adapters.values()) {
    const now = followedNow(adapter, source);
    if (now === undefined) continue;
    const { repository, ref } = now;
    if (ref !== undefined) return { source: adapter.name, repository, ref };
    throw new HeadgateError('REQUEST_INVALID', `${targetKey(source.target)} follows no branch or tag that could be named`, {
      hint: 'It is pinned to a commit, or its range has no artifact yet: change its spec.ref.',
    });
  }
  throw new HeadgateError(
    'DENIED',
    `${targetKey(source.target)} has the URL ${source.url}, which is on no configured source, so no policy can allow it`,
    {
      hint: 'Add the source, or an alias of it, to spec.sources.',
    },
  );
}

async function accept(deps: Requesting, request: ReconcileRequest, part: Part, index: number): Promise<string> {
  const id = newId('dlv', deps.clock);
  const { revision = null, force = false, requester, by, remote } = request;
  const delivery: NewDelivery = {
    id,
    source: part.source,
    deliveryId: by ? tokenDeliveryId(by.token, index) : `request-${id}`,
    kind: 'request',
    event: 'reconcile',
    receivedAt: deps.clock.now(),
    remote,
    headers: {},
    body: bodyOf(request),
    reading: {
      hint: {
        repository: part.repository,
        ref: part.ref,
        before: null,
        after: revision,
        commit: revision,
        action: 'requested',
        occurredAt: null,
        actors: [{ role: 'requester', account: null, name: requester, kind: 'unknown' }],
        ...(by ? { subject: by.subject } : {}),
        only: { targets: part.targets, force },
      },
    },
  };
  const accepted = await deps.journal.append(delivery);
  deps.onAccepted();
  return accepted.id;
}

/** Resolves with the change's id when the delivery is settled. */
async function decided(deps: Requesting, delivery: string, signal: AbortSignal): Promise<string> {
  await until(deps, limits.http.requestTimeout, signal, async () => (await deps.journal.delivery(delivery))?.state !== 'pending');
  const change = (await deps.journal.changes({ delivery }, { limit: 1, cursor: null })).items[0];
  if (change) return change.id;
  const state = await deps.journal.delivery(delivery);
  throw new HeadgateError(
    'INTERNAL',
    `the request is recorded as ${delivery} but was not decided in time (${state?.reason ?? state?.state ?? 'lost'})`,
    {
      hint: `Follow it with \`headgate trace ${delivery}\`.`,
    },
  );
}

/**
 * Everything that came of a change; undefined when there is none of that id.
 * @param waitMs how long to wait until all of it has ended; 0 answers at once
 */
export async function awaitStory(deps: Waiting, change: string, waitMs: number, signal: AbortSignal): Promise<Story | undefined> {
  const settled = (reconcile: Reconcile): boolean => reconcile.state === 'ended' || reconcile.outcome !== null;
  const over = async (): Promise<boolean> => (await deps.journal.story(change))?.reconciles.every(settled) ?? true;
  if (waitMs > 0) await until(deps, waitMs, signal, over);
  return deps.journal.story(change);
}

async function ended(deps: Requesting, change: string, waitMs: number, signal: AbortSignal): Promise<Story> {
  const story = await awaitStory(deps, change, waitMs, signal);
  if (story) return story;
  throw new HeadgateError('INTERNAL', `change ${change} has vanished from the journal`);
}

/** Waits until `reached`, looking again at every announcement, for at most `ms`. */
function until(
  deps: Pick<Waiting, 'clock' | 'announcer'>,
  ms: number,
  signal: AbortSignal,
  reached: () => Promise<boolean>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let looking = false;
    let again = false;
    const finish = (settle: () => void): void => {
      cancel();
      unsubscribe();
      signal.removeEventListener('abort', stop);
      settle();
    };
    const stop = (): void => finish(resolve);
    const look = (): void => {
      again = true;
      if (looking) return;
      looking = true;
      void (async () => {
        try {
          while (again) {
            again = false;
            if (await reached()) return finish(resolve);
          }
        } catch (error) {
          finish(() => reject(error instanceof Error ? error : new Error(messageOf(error))));
        } finally {
          looking = false;
        }
      })();
    };
    const cancel = deps.clock.after(ms, stop);
    const unsubscribe = deps.announcer.subscribe(look);
    signal.addEventListener('abort', stop, { once: true });
    look();
  });
}
