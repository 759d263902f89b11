import { targetKey } from '#core/target.ts';
import type { Match } from '#core/ports/journal.ts';
import type { CallOf } from '#journal/group-commit.ts';
import type { PostgresOperation, PostgresRequest } from '#journal/postgres/protocol.ts';

export type PostgresCall = CallOf<PostgresOperation>;

/** Operations of one kind that are performed together, with their places in the batch. */
export interface Group {
  readonly name: PostgresOperation;
  readonly calls: readonly { readonly request: unknown; readonly place: number }[];
}

type Touches = {
  readonly [N in PostgresOperation]?: (request: PostgresRequest<N>, targets: ReadonlyMap<string, string>) => readonly string[];
};

/** What each operation reads or writes, as names. What is missing here touches everything. */
const touches: Touches = {
  append: ({ id }) => [`delivery ${id}`],
  settle: ({ settlements }) => settlements.flatMap(({ delivery, match }) => [`delivery ${delivery}`, ...(match ? ofMatch(match) : [])]),
  repay: ({ match }) => ofMatch(match),
  defer: ({ delivery }) => [`delivery ${delivery}`],
  take: ({ target }) => [`target ${target}`],
  release: ({ target, reconcile }) => [`target ${target}`, `reconcile ${reconcile}`],
  observe: ({ reconcile }, targets) => [`reconcile ${reconcile}`, `target ${targets.get(reconcile) ?? ''}`],
  told: ({ sink }) => [`sink ${sink}`],
  note: () => [],
  see: ({ target }) => [`sight ${target}`],
};

/** Several of these may touch the same in one go: they go through it in their order. */
const inOrder: ReadonlySet<PostgresOperation> = new Set(['append', 'settle', 'told']);

function ofMatch({ change: { id, source, repository, ref }, reconciles }: Match): readonly string[] {
  const queued = reconciles.flatMap(({ id: reconcile, target }) => [`reconcile ${reconcile}`, `target ${targetKey(target)}`]);
  return [`change ${id}`, `ref ${source} ${repository} ${ref}`, ...queued];
}

/**
 * Puts operations of one kind together, so that a statement does for many what it would do for one. An operation comes after each earlier one that touches
 * the same; of others it may come before. So whoever called one after another, awaited or not, finds what he wrote.
 * @param targets of reconciles that are observed, as far as they are known
 */
export function schedule(batch: readonly PostgresCall[], targets: ReadonlyMap<string, string>): readonly Group[] {
  const plan = new Plan();
  for (const [place, { name, request }] of batch.entries()) {
    // The union of operations cannot be called with the union of requests; submit pairs them by type.
    const touch = touches[name] as ((request: unknown, targets: ReadonlyMap<string, string>) => readonly string[]) | undefined;
    plan.add(name, { request, place }, touch ? touch(request, targets) : null);
  }
  return plan.groups;
}

class Plan {
  readonly groups: { name: PostgresOperation; calls: { request: unknown; place: number }[] }[] = [];
  /** By what is touched: the last group that does. */
  readonly #last = new Map<string, number>();
  /** Nothing goes before this group. */
  #first = 0;

  /** @param touched null = everything */
  add(name: PostgresOperation, call: { request: unknown; place: number }, touched: readonly string[] | null): void {
    if (touched === null) {
      this.groups.push({ name, calls: [call] });
      this.#first = this.groups.length;
      return;
    }
    const least = Math.max(this.#first, ...touched.map((one) => this.#after(name, one)));
    const at = this.#groupOf(name, least);
    this.groups[at]?.calls.push(call);
    for (const one of touched) this.#last.set(one, at);
  }

  #after(name: PostgresOperation, touched: string): number {
    const last = this.#last.get(touched);
    if (last === undefined) return 0;
    return inOrder.has(name) && this.groups[last]?.name === name ? last : last + 1;
  }

  #groupOf(name: PostgresOperation, least: number): number {
    const found = this.groups.findIndex((group, index) => index >= least && group.name === name);
    return found === -1 ? this.groups.push({ name, calls: [] }) - 1 : found;
  }
}
