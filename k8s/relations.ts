import type { ObjectKey } from './flux-object.ts';

/** One object takes content from another. */
export interface Relation {
  readonly from: ObjectKey;
  readonly to: ObjectKey;
}

/**
 * Who follows whom. Each object states relations (its own references, or what it makes); the same relation may be
 * stated by both ends, and stands until the last of them takes it back. Ends need not exist.
 */
export class Relations {
  readonly #stated = new Map<ObjectKey, readonly Relation[]>();
  readonly #after = new Map<ObjectKey, Map<ObjectKey, number>>();
  readonly #before = new Map<ObjectKey, Map<ObjectKey, number>>();

  /** Replaces what `owner` states. */
  state(owner: ObjectKey, relations: readonly Relation[]): void {
    for (const { from, to } of this.#stated.get(owner) ?? []) {
      count(this.#after, from, to, -1);
      count(this.#before, to, from, -1);
    }
    if (relations.length > 0) this.#stated.set(owner, relations);
    else this.#stated.delete(owner);
    for (const { from, to } of relations) {
      count(this.#after, from, to, 1);
      count(this.#before, to, from, 1);
    }
  }

  /** Everything that follows `key`, near or far, itself left out. Cycles end. */
  downstream(key: ObjectKey): readonly ObjectKey[] {
    return reach(this.#after, key);
  }

  /** Everything that `key` follows, near or far, itself left out. */
  upstream(key: ObjectKey): readonly ObjectKey[] {
    return reach(this.#before, key);
  }
}

type Counts = Map<ObjectKey, Map<ObjectKey, number>>;

function count(counts: Counts, from: ObjectKey, to: ObjectKey, by: number): void {
  const ends = counts.get(from) ?? new Map<ObjectKey, number>();
  const next = (ends.get(to) ?? 0) + by;
  if (next > 0) ends.set(to, next);
  else ends.delete(to);
  if (ends.size > 0) counts.set(from, ends);
  else counts.delete(from);
}

function reach(counts: Counts, start: ObjectKey): readonly ObjectKey[] {
  const seen = new Set<ObjectKey>([start]);
  for (const key of seen) for (const next of counts.get(key)?.keys() ?? []) seen.add(next); // a Set hands out what is added while it is walked
  seen.delete(start);
  return [...seen];
}
