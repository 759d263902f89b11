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
import { followedRef } from '#handlers/match.ts';

/** A person or a pipeline asks for a reconcile. Policy decides about it like about any other change. */
export interface ReconcileRequest {
  readonly cluster: string;
  readonly namespace: string;
  /** A source kind, or the kind of a consumer: then its source is meant. Absent: every source object that fits. */
  readonly kind?: string;
  readonly name?: string;
  /** The commit that is expected; absent means the head of the ref. */
  readonly revision?: string;
  /** Ask Flux even when the target is current. */
  readonly force?: boolean;
  /** Who asks, for the record. */
  readonly requester: string;
  readonly remote: string;
}

export interface Requesting {
  readonly clock: Clock;
  readonly journal: DeliveryLog & Pick<Archive, 'changes' | 'story' | 'delivery'>;
  readonly inventory: Pick<Inventory, 'sources' | 'footprint' | 'health'>;
  readonly adapters: ReadonlyMap<string, SourceAdapter>;
  readonly announcer: Announcer;
  /** A delivery has been accepted. */
  readonly onAccepted: () => void;
}

interface Subject {
  readonly source: string;
  readonly repository: string;
  readonly ref: string;
  readonly targets: string[];
}

/**
 * Journals the request as a delivery of kind `request`, waits until it is decided, and answers with what came of it.
 * @param waitMs how long to wait for the outcomes of the reconciles; 0 answers as soon as it is decided
 * @returns one story for each (source, repository, ref) that the request touches
 * @throws HeadgateError NOT_FOUND, DENIED (no configured source has the repository), REQUEST_INVALID, CLUSTER_UNREACHABLE, JOURNAL_UNAVAILABLE
 */
export async function requestReconcile(
  deps: Requesting,
  request: ReconcileRequest,
  waitMs: number,
  signal: AbortSignal,
): Promise<readonly Story[]> {
  const subjects = groupBySubject(deps, findTargets(deps, request));
  const stories: Story[] = [];
  for (const subject of subjects) {
    const id = await accept(deps, request, subject);
    const change = await decided(deps, id, signal);
    stories.push(await ended(deps, change, waitMs, signal));
  }
  return stories;
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

function groupBySubject({ adapters }: Requesting, sources: readonly SourceObject[]): readonly Subject[] {
  const subjects = new Map<string, Subject>();
  for (const source of sources) {
    const subject = subjectOf(adapters, source);
    const key = JSON.stringify(subject);
    const known = subjects.get(key) ?? { ...subject, targets: [] };
    known.targets.push(targetKey(source.target));
    subjects.set(key, known);
  }
  return [...subjects.values()];
}

function subjectOf(adapters: ReadonlyMap<string, SourceAdapter>, source: SourceObject): Omit<Subject, 'targets'> {
  const ref = followedRef(source);
  for (const adapter of adapters.values()) {
    const repository = adapter.repositoryAt(source.url);
    if (repository === undefined) continue;
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

async function accept(deps: Requesting, request: ReconcileRequest, subject: Subject): Promise<string> {
  const id = newId('dlv', deps.clock);
  const { revision, requester, remote, ...asked } = request;
  const delivery: NewDelivery = {
    id,
    source: subject.source,
    deliveryId: `request-${id}`,
    kind: 'request',
    event: 'reconcile',
    receivedAt: deps.clock.now(),
    remote,
    headers: {},
    body: Buffer.from(JSON.stringify({ ...asked, revision: revision ?? null, requester })),
    reading: {
      hint: {
        repository: subject.repository,
        ref: subject.ref,
        before: null,
        after: revision ?? null,
        commit: revision ?? null,
        action: 'requested',
        occurredAt: null,
        actors: [{ role: 'requester', account: null, name: requester, kind: 'unknown' }],
        only: { targets: subject.targets, force: request.force ?? false },
      },
    },
  };
  await deps.journal.append(delivery);
  deps.onAccepted();
  return id;
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

async function ended(deps: Requesting, change: string, waitMs: number, signal: AbortSignal): Promise<Story> {
  const settled = (reconcile: Reconcile): boolean => reconcile.state === 'ended' || reconcile.outcome !== null;
  const over = async (): Promise<boolean> => (await deps.journal.story(change))?.reconciles.every(settled) ?? true;
  if (waitMs > 0) await until(deps, waitMs, signal, over);
  const story = await deps.journal.story(change);
  if (story) return story;
  throw new HeadgateError('INTERNAL', `change ${change} has vanished from the journal`);
}

/** Waits until `reached`, looking again at every announcement, for at most `ms`. */
function until(deps: Requesting, ms: number, signal: AbortSignal, reached: () => Promise<boolean>): Promise<void> {
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
