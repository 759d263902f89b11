import { createHash } from 'node:crypto';
import { limits } from '#core/limits.ts';
import { Slots } from '#core/slots.ts';
import type { HgArchive, HgFile } from '../back-end.ts';
import { tarFiles } from './tar-files.ts';

export interface SnapshotFile {
  readonly kind: HgFile['kind'];
  /** Of its bytes; of what it says, for a link. */
  readonly hash: string;
}

/** Path → what is there. Null: more than limits.hg.files. */
export type Snapshot = ReadonlyMap<string, SnapshotFile> | null;

const { kept } = limits.hgweb;

/** What changesets hold: it never changes, so that some are remembered, of the newest questions. */
export class Snapshots {
  readonly #read: (repository: string, node: string) => Promise<Snapshot>;
  readonly #known = new Map<string, Promise<Snapshot>>();
  readonly #slots = new Slots(limits.hgweb.archives);
  readonly #sizes = new Map<string, number>();

  constructor(read: (repository: string, node: string) => Promise<Snapshot>) {
    this.#read = read;
  }

  async of(repository: string, node: string): Promise<Snapshot> {
    const key = `${repository}\n${node}`;
    const reading = this.#known.get(key) ?? this.#slots.run(() => this.#read(repository, node));
    // The last that was asked for is the last that is forgotten.
    this.#known.delete(key);
    this.#known.set(key, reading);
    try {
      const snapshot = await reading;
      this.#sizes.set(key, snapshot?.size ?? 0);
      this.#forget();
      return snapshot;
    } catch (error) {
      this.#known.delete(key);
      throw error;
    }
  }

  #forget(): void {
    for (const key of [...this.#known.keys()]) {
      const files = [...this.#known.keys()].reduce((sum, one) => sum + (this.#sizes.get(one) ?? 0), 0);
      if (this.#known.size <= kept.snapshots && files <= kept.files) return;
      this.#known.delete(key);
      this.#sizes.delete(key);
    }
  }
}

/** @throws HeadgateError those of its stream */
export async function snapshotIn(archive: HgArchive): Promise<Snapshot> {
  const files = new Map<string, SnapshotFile>();
  for await (const { path, kind, bytes } of tarFiles(archive)) {
    const hash = createHash('sha1');
    for await (const chunk of bytes) hash.update(chunk);
    files.set(path, { kind, hash: hash.digest('base64') });
    if (files.size > limits.hg.files) return null;
  }
  return files;
}
