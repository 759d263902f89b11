import { limits } from '#core/limits.ts';
import type { Collection } from './collection.ts';

/** What was packed of a path last, at which revision. */
export interface KeptCollection extends Collection {
  readonly revision: string;
}

/**
 * What was packed of some paths last, for whoever packs them next: bounded, gone with the process, and never needed. Whoever takes one has it for himself;
 * whoever comes meanwhile finds none.
 */
export class KeptCollections {
  /** The last that was packed at the end. */
  readonly #kept = new Map<string, KeptCollection>();
  #closed = false;

  take(key: string): KeptCollection | undefined {
    const kept = this.#kept.get(key);
    this.#kept.delete(key);
    return kept;
  }

  /** Takes it over, and closes those that there is no room for. */
  async keep(key: string, kept: KeptCollection): Promise<void> {
    const gone = [...this.#taken(key)];
    kept.spool.rest();
    if (this.#closed || kept.spool.size - kept.whole > limits.publish.kept.appended) gone.push(kept);
    else this.#kept.set(key, kept);
    for (const one of this.#kept.keys()) if (!this.#fits()) gone.push(...this.#taken(one));
    await Promise.all(gone.map(({ spool }) => spool[Symbol.asyncDispose]()));
  }

  /** Closes all of them, for good. */
  async close(): Promise<void> {
    this.#closed = true;
    const all = [...this.#kept.keys()].flatMap((key) => this.#taken(key));
    await Promise.all(all.map(({ spool }) => spool[Symbol.asyncDispose]()));
  }

  #taken(key: string): readonly KeptCollection[] {
    const kept = this.take(key);
    return kept ? [kept] : [];
  }

  #fits(): boolean {
    const { paths, files, bytes } = limits.publish.kept;
    const all = [...this.#kept.values()];
    const fileCount = all.reduce((sum, kept) => sum + kept.files.length, 0);
    return all.length <= paths && fileCount <= files && all.reduce((sum, { spool }) => sum + spool.size, 0) <= bytes;
  }
}
