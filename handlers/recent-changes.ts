import type { Change } from '#core/change.ts';
import { limits } from '#core/limits.ts';
import type { Archive } from '#core/ports/journal.ts';

type Ref = Pick<Change, 'source' | 'repository' | 'ref'>;

/**
 * The newest changes of the refs that moved lately. The journal is ours alone and every change passes through here, so what
 * was written need not be read again for each delivery.
 */
export class RecentChanges {
  readonly #journal: Pick<Archive, 'changes'>;
  /** Newest first. The ref that was looked at last is the last entry. */
  readonly #known = new Map<string, readonly Change[]>();

  constructor(journal: Pick<Archive, 'changes'>) {
    this.#journal = journal;
  }

  /** At most `limits.recent.changes` of a ref, newest first. */
  async of({ source, repository, ref }: Ref): Promise<readonly Change[]> {
    const key = keyOf({ source, repository, ref });
    const known = this.#known.get(key) ?? (await this.#read({ source, repository, ref }));
    this.#keep(key, known);
    return known;
  }

  /** Changes that are in the journal now, in their order there. */
  add(changes: readonly Change[]): void {
    for (const change of changes) {
      const key = keyOf(change);
      const known = this.#known.get(key);
      if (known) this.#keep(key, [change, ...known].slice(0, limits.recent.changes));
    }
  }

  /** Reads everything again: what the journal holds is not certain any more. */
  forget(): void {
    this.#known.clear();
  }

  async #read(ref: Ref): Promise<readonly Change[]> {
    const { items } = await this.#journal.changes(ref, { limit: limits.recent.changes, cursor: null });
    return items;
  }

  #keep(key: string, changes: readonly Change[]): void {
    this.#known.delete(key);
    this.#known.set(key, changes);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= limits.recent.refs) return;
      this.#known.delete(oldest);
    }
  }
}

function keyOf({ source, repository, ref }: Ref): string {
  return JSON.stringify([source, repository, ref]);
}
