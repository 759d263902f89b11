import type { Archive, Intake, Outbox, Page, Upkeep, Work } from '#core/ports/journal.ts';
import type { Records } from '#core/ports/records.ts';
import { limits } from '#core/limits.ts';

/** What can be read of a journal, beside what depends on the present moment. */
type Readable = Archive &
  Pick<Records, 'records' | 'record' | 'person' | 'chainHead' | 'lastSeen'> &
  Pick<Intake, 'pending' | 'lastAllowed' | 'countedFrom' | 'owed'> &
  Pick<Work, 'observing' | 'newer' | 'published'> &
  Pick<Outbox, 'untold' | 'backlog'> &
  Pick<Upkeep, 'counts' | 'pendingBySource'>;

const targets = ['web', 'api', 'none'].map((name) => `prod/GitRepository/apps/${name}`);
const digest = `sha256:${'a'.repeat(64)}`;

/** Everything that a journal answers, filters and pages included. Two journals that hold the same look the same. */
export async function pictureOf(journal: Readable): Promise<unknown> {
  const deliveries = await lists((filter, page) => journal.deliveries(filter, page), deliveryFilters);
  const changes = await lists((filter, page) => journal.changes(filter, page), changeFilters);
  const decisions = await lists((filter, page) => journal.decisions(filter, page), decisionFilters);
  const reconciles = await lists((filter, page) => journal.reconciles(filter, page), reconcileFilters);
  const records = await lists((filter, page) => journal.records(filter, page), recordFilters);
  const [all = []] = deliveries;
  const [known = []] = changes;
  const single = {
    bodies: await each(all, ({ id }) => journal.body(id)),
    deliveries: await each(all, ({ id }) => journal.delivery(id)),
    stories: await each(known, ({ id }) => journal.story(id)),
    brought: await each(known, ({ id }) => journal.brought(id)),
    changes: await each(known, ({ id }) => journal.change(id)),
    decisions: await each(decisions[0] ?? [], ({ id }) => journal.decision(id)),
    reconciles: await each(reconciles[0] ?? [], ({ id }) => journal.reconcile(id)),
    records: await each(records[0] ?? [], ({ id }) => journal.record(id)),
    absent: [await journal.delivery('no\0'), await journal.story('none'), await journal.record('0'), await journal.person('person:none')],
  };
  const lineage = await each(targets, async (target) => [
    await journal.superseded(target, 1_000),
    await journal.superseded(target, 20),
    await journal.later(target, 3),
    await journal.newer(target, 3),
    await journal.observing(target),
  ]);
  const flow = {
    pending: [await journal.pending(100), await journal.pending(3), await journal.pending(100, ['hub'])],
    allowed: [await journal.lastAllowed(targets), await journal.countedFrom(targets), await journal.lastAllowed([])],
    owed: [await journal.owed('lab'), await journal.owed('prod')],
    observing: await journal.observing(),
    published: [await journal.published(digest), await journal.published('none')],
    known: await journal.knownDeliveries('hub', ['guid-10', 'guid-1', 'ümlaut\\N%', 'no\0']),
    outbox: [await journal.untold('chat', 10), await journal.untold('mail', 500), await journal.untold('none', 5), await journal.backlog()],
    chain: [await journal.chainHead(), await journal.lastSeen()],
    counts: [await journal.counts(), await journal.pendingBySource()],
  };
  return { deliveries, changes, decisions, reconciles, records, single, lineage, flow };
}

const deliveryFilters = [
  ...[{}, { source: 'hub' }, { source: 'other' }, { state: 'pending' }, { state: 'dead' }, { state: 'done' }, { state: 'ignored' }],
  ...[{ event: 'zahl "€" \u{1f3c1}\ttab' }, { repository: 'org/app' }, { deliveryId: 'guid-12' }, { deliveryId: 'ümlaut\\N%' }],
  ...[{ since: 1_020.5, until: 1_030 }, { replayOf: 'dlv_10' }, { cause: 'dlv_10' }, { event: 'no\0' }],
] as const;
const changeFilters = [
  ...[{}, { source: 'hub', repository: 'org/app', ref: 'refs/heads/main' }, { revision: '0000' }, { revision: `${'0'.repeat(39)}c` }],
  ...[{ brought: 12 }, { brought: 11, repository: 'org/app' }, { delivery: 'dlv_12' }, { since: 1_020 }, { ref: 'refs/heads/dev' }],
] as const;
const decisionFilters = [
  ...[{}, { change: 'chg_12' }, { target: 'prod/GitRepository/apps/api' }, { verdict: 'deny' }, { wouldBe: 'deny' }, { since: 1_002 }],
] as const;
const reconcileFilters = [
  ...[{}, { change: 'chg_12' }, { target: 'prod/GitRepository/apps/api' }, { state: 'queued' }, { state: 'observing' }, { state: 'ended' }],
  ...[{ outcome: 'superseded' }, { since: 1_003.5 }],
] as const;
const recordFilters = [
  ...[{}, { kind: 'decided' }, { kind: 'pruned' }, { change: 'chg_12' }, { decision: 'dec_denied' }],
  ...[{ target: 'prod/GitRepository/apps/web' }, { since: 7, until: 1_003 }],
] as const;

/** Every filter with small pages, all of them. */
async function lists<F, T>(
  read: (filter: F, page: { limit: number; cursor: string | null }) => Promise<Page<T>>,
  filters: readonly F[],
): Promise<readonly (readonly T[])[]> {
  return each(filters, async (filter) => {
    const items: T[] = [];
    for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
      const page: Page<T> = await read(filter, { limit: 7, cursor });
      items.push(...page.items);
      ({ next: cursor } = page);
    }
    const { items: whole } = await read(filter, { limit: limits.journal.pageMax, cursor: null });
    if (JSON.stringify(whole) !== JSON.stringify(items)) throw new Error(`pages of ${JSON.stringify(filter)} are not the whole`);
    return items;
  });
}

async function each<T, A>(all: readonly T[], ask: (one: T) => Promise<A>): Promise<readonly A[]> {
  const answers: A[] = [];
  for (const one of all) answers.push(await ask(one));
  return answers;
}
