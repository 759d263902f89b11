import type { Change } from '#core/change.ts';
import { limits } from '#core/limits.ts';
import type { Archive } from '#core/ports/journal.ts';
import { newestChanges, newestOf } from '#handlers/newest-changes.ts';

type Ref = Pick<Change, 'source' | 'repository' | 'ref'>;

/**
 * The newest changes of the refs that moved lately. The journal is ours alone and every change passes through here, so what
 * was written need not be read again for each delivery and each reconcile.
 */
export class RecentChanges {
  readonly #journal: Pick<Archive, 'changes'>;
  /** Newest first. The ref that was looked at last is the last entry. */
  readonly #known = new Map<string, readonly Change[]>();
  /** Grows with everything that is added or forgotten: what was read meanwhile may lack it. */
  #version = 0;

  constructor(journal: Pick<Archive, 'changes'>) {
    this.#journal = journal;
  }

  /** At most `limits.recent.changes` of a ref, newest first, and the one that stands for its head. */
  async of(ref: Ref): Promise<readonly Change[]> {
    const known = this.#known.get(keyOf(ref));
    if (!known) return this.#read(ref);
    this.#keep(keyOf(ref), known);
    return known;
  }

  /**
   * The same for the ref of a change that is in the journal. Whoever acts on one may do so before it was added here, or long
   * after: then the journal is read.
   */
  async around(change: Ref & Pick<Change, 'id'>): Promise<readonly Change[]> {
    const known = this.#known.get(keyOf(change));
    return known?.some(({ id }) => id === change.id) ? known : this.#read(change);
  }

  /** Changes that are in the journal now, in their order there. */
  add(changes: readonly Change[]): void {
    this.#version++;
    for (const change of changes) {
      const key = keyOf(change);
      const known = this.#known.get(key);
      // Who read the ref since it was written has it already.
      if (known && known.every(({ id }) => id !== change.id)) this.#keep(key, newestOf([change, ...known]));
    }
  }

  /** Reads everything again: what the journal holds is not certain any more. */
  forget(): void {
    this.#version++;
    this.#known.clear();
  }

  async #read(ref: Ref): Promise<readonly Change[]> {
    const version = this.#version;
    const changes = await newestChanges(this.#journal, ref);
    if (version === this.#version) this.#keep(keyOf(ref), changes);
    return changes;
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
